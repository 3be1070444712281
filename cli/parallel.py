"""A stream made by several processes and handed on in order.

Comes in: how a worker begins, how it makes a range of numbers into texts, a range, how many
workers. Goes out: texts in the order of their numbers. Only so much is kept as workers are ahead of
the slowest, within bounds, however long the stream and however large its parts. Workers end with
the process that started them, whatever ends it; one that ends early is an error, no endless wait.
"""

import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

CHUNK = 32
AHEAD = 4
"""Chunks for each worker that may be under way or wait for their turn."""
HELD = 1 << 26
"""Characters that may wait for their turn; beyond them only what is next is taken."""
BATCH = 1 << 16
"""Characters that a worker gathers before it hands them over."""

Make = Callable[[int], str]
"""The text of one number."""


class WorkerEnded(Exception):
    """A worker process ended early. `number` is the first whose text was not handed on."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number = number
        self.reason = reason


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection


@dataclass(slots=True)
class _Chunk:
    """A range that is being made: `texts` are those from `number` on that wait."""

    number: int
    worker: _Worker | None
    texts: deque[str] = field(default_factory=deque)
    failure: Exception | None = None


def in_order(
    begin: Callable[[], Make], numbers: range, jobs: int
) -> Generator[tuple[int, str], None, None]:
    """Each number with its text, in order. `begin` travels to the workers; what it raises there,
    and what making raises, is raised here in its turn.

    Raises WorkerEnded.
    """
    jobs = min(jobs, -((numbers.start - numbers.stop) // CHUNK))
    with _started(begin, jobs) as workers:
        yield from _Stream(numbers, workers).texts()


class _Stream:
    """The chunks under way, the first of which is next."""

    def __init__(self, numbers: range, workers: Sequence[_Worker]) -> None:
        self.left = numbers
        self.idle = deque(workers)
        self.chunks: deque[_Chunk] = deque()
        self.most = AHEAD * len(workers)
        self.held = 0

    def texts(self) -> Iterator[tuple[int, str]]:
        self._assign()
        while self.chunks:
            first = self.chunks[0]
            while first.texts:
                text = first.texts.popleft()
                self.held -= len(text)
                yield first.number, text
                first.number += 1
            if first.worker is not None:
                self._receive()
                continue
            if first.failure is not None:
                raise first.failure
            self.chunks.popleft()
            self._assign()

    def _assign(self) -> None:
        while self.idle and self.left and len(self.chunks) < self.most:
            part, self.left = self.left[:CHUNK], self.left[CHUNK:]
            worker = self.idle.popleft()
            self.chunks.append(_Chunk(part.start, worker))
            with suppress(OSError):  # a worker that has ended is seen where its answer is read
                worker.pipe.send((part.start, part.stop))

    def _receive(self) -> None:
        """Takes in what is ready; where much waits already, of the first chunk alone."""
        open_ = [chunk for chunk in self.chunks if chunk.worker is not None]
        if self.held > HELD:
            open_ = open_[:1]
        by_pipe = {chunk.worker.pipe: chunk for chunk in open_ if chunk.worker is not None}
        for pipe in connection.wait(list(by_pipe)):
            self._take(by_pipe[pipe])  # type: ignore[index]
        self._assign()

    def _take(self, chunk: _Chunk) -> None:
        assert chunk.worker is not None
        try:
            message = chunk.worker.pipe.recv()
        except (EOFError, OSError):
            chunk.failure, chunk.worker = _ended(chunk), None
            return
        match message:
            case list() as texts:
                chunk.texts += texts
                self.held += sum(map(len, texts))
            case failure:
                chunk.failure = failure
                self.idle.append(chunk.worker)
                chunk.worker = None


def _ended(chunk: _Chunk) -> WorkerEnded:
    assert chunk.worker is not None
    process = chunk.worker.process
    process.join(5)
    code = process.exitcode
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with {code}"
    return WorkerEnded(chunk.number + len(chunk.texts), f"a worker process {how}")


# --- processes ------------------------------------------------------------------------------------


@contextmanager
def _started(begin: Callable[[], Make], jobs: int) -> Iterator[list[_Worker]]:
    context = get_context("spawn")
    workers: list[_Worker] = []
    try:
        with _interrupts_held():
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, begin), daemon=True)
                process.start()
                theirs.close()
                workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Workers begin without Ctrl-C: who started them ends them. One that is pressed meanwhile is
    not lost.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # begins with the first worker else, and ends the blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, begin: Callable[[], Make]) -> None:
    """The life of a worker. It ends where the other end of its pipe is closed."""
    make = _begun(begin)
    try:
        while True:
            start, stop = pipe.recv()
            pipe.send(_portable(_made(pipe, make, start, stop)))
    except (EOFError, OSError):
        return


def _begun(begin: Callable[[], Make]) -> Make:
    try:
        return begin()
    except Exception as error:
        failure = error

    def fails(number: int) -> str:
        raise failure

    return fails


def _made(pipe: Connection, make: Make, start: int, stop: int) -> Exception | None:
    """Hands over the texts of a range, and gives what ended it early."""
    gathered: list[str] = []
    size = 0
    for number in range(start, stop):
        try:
            text = make(number)
        except Exception as failure:
            pipe.send(gathered)
            return failure
        gathered.append(text)
        size += len(text)
        if size >= BATCH:
            pipe.send(gathered)
            gathered, size = [], 0
    pipe.send(gathered)
    return None


def _portable(failure: Exception | None) -> Exception | None:
    """What can travel: an exception that cannot is told by its text."""
    try:
        pickle.loads(pickle.dumps(failure))
    except Exception:
        return RuntimeError(f"{type(failure).__name__}: {failure}")
    return failure
