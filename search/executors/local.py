"""Worker processes of this machine.

Each worker is a process with a group of its own and takes one task after another. One that hangs is
ended with its whole group, one that died is noticed at once, and another takes its place; nothing
is shared between workers, so that none can hold a lock that others need.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import Pipe, set_forkserver_preload
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import SearchError
from ..executor import Evaluate, Outcome, Task
from ..trial import State
from ..worker import READY, serve

# isort: split
import cloudpickle

THREADS = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
KERNEL_COUNTS = Path("/proc/vmstat")
_starting = threading.Lock()


class _Process(ForkServerProcess):
    """A process that does not run the caller's script again, which may have no main guard."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:
        with _without_script():
            return Popen(process_obj)


@contextmanager
def _without_script() -> Iterator[None]:
    """The function travels by value, so a worker needs nothing of `__main__`."""
    with _starting:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script


@dataclass(slots=True)
class _Worker:
    process: _Process
    pipe: Connection
    slot: int
    task: Task | None = None
    ready: bool = False
    begun: float = 0.0
    kills: int = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun if self.ready else 0.0


class LocalExecutor:
    """`jobs` workers of `threads` threads each; `timeout` is what a trial may take, in seconds.

    `gpus` are the accelerators of this machine, by the names that CUDA_VISIBLE_DEVICES takes: each
    worker sees one, in turn, and its trials are told "cuda". `preload` names modules that all
    workers share in memory. Raises SearchError where the function cannot travel.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        jobs: int,
        *,
        timeout: float | None = None,
        threads: int = 1,
        gpus: Sequence[str] = (),
        preload: Sequence[str] = (),
    ) -> None:
        if jobs < 1:
            raise ValueError(f"jobs is at least 1, not {jobs}")
        self.timeout = timeout
        self.threads = threads
        self.gpus = gpus
        self._function = pickled(evaluate)
        self._jobs = jobs
        self._workers: list[_Worker] = []
        set_forkserver_preload([f"{__package__}.local", *preload])

    @property
    def free(self) -> int:
        return self._jobs - self.busy

    @property
    def busy(self) -> int:
        return sum(worker.task is not None for worker in self._workers)

    def start(self, task: Task) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        alive = [worker for worker in idle if worker.process.is_alive()]
        for worker in idle:
            if worker not in alive:
                self._end(worker)
        worker = alive[0] if alive else self._new()
        worker.task = replace(task, device="cuda") if self.gpus else task
        worker.begun, worker.kills = time.monotonic(), kills_for_memory()
        try:
            worker.pipe.send(worker.task)
        except OSError:
            return  # it has died since, which `wait` notices

    def wait(self, seconds: float | None = None) -> list[Outcome]:
        """With `seconds` it comes back after them, with nothing if nothing has ended."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            busy = [worker for worker in self._workers if worker.task is not None]
            rests = [rest for rest in (self._rest(), _left(until)) if rest is not None]
            pipes = [item for one in busy for item in (one.pipe, one.process.sentinel)]
            wait(pipes, min(rests, default=None))
            found = [outcome for worker in busy if (outcome := self._look(worker)) is not None]
            if found or _left(until) == 0 or (until is None and not busy):
                return found

    def cancel(self, number: int) -> None:
        """Ends a trial at once, whose outcome nobody wants any more."""
        for worker in tuple(self._workers):
            if worker.task is not None and worker.task.number == number:
                self._end(worker)

    def withdraw(self) -> None:
        """A task begins when it is given."""

    def interrupt(self) -> None:
        """SIGTERM, which `serve` turns into an exception of the evaluation."""
        for worker in self._workers:
            if worker.task is not None and worker.process.pid is not None:
                os.kill(worker.process.pid, signal.SIGTERM)

    def close(self) -> None:
        for worker in tuple(self._workers):
            self._end(worker)

    def _rest(self) -> float | None:
        """How long until the first worker is out of time."""
        if self.timeout is None:
            return None
        rests = [
            self.timeout - worker.seconds
            for worker in self._workers
            if worker.task is not None and worker.ready
        ]
        return max(0.0, min(rests, default=self.timeout))

    def _new(self) -> _Worker:
        ours, theirs = Pipe()
        slot = min(set(range(self._jobs)) - {worker.slot for worker in self._workers})
        gpu = self.gpus[slot % len(self.gpus)] if self.gpus else None
        arguments = (theirs, self._function, self.threads, gpu)
        process = _Process(target=serve, args=arguments, name="archc-worker")
        with _environment(self.threads):
            process.start()
        theirs.close()
        worker = _Worker(process, ours, slot)
        self._workers.append(worker)
        return worker

    def _look(self, worker: _Worker) -> Outcome | None:
        """What came of a worker's task, None while it works on it."""
        task = worker.task
        assert task is not None
        try:
            while worker.pipe.poll():
                message = worker.pipe.recv()
                if message != READY:
                    worker.task = None
                    return message  # type: ignore[no-any-return]
                worker.ready, worker.begun = True, time.monotonic()
        except (EOFError, OSError):
            return self._lost(worker, task)
        if not worker.process.is_alive() and not worker.pipe.poll():
            return self._lost(worker, task)
        if self.timeout is not None and worker.seconds > self.timeout:
            error = f"the trial took longer than {self.timeout:g} seconds"
            return self._broken(worker, task, State.TIMEOUT, error)
        return None

    def _lost(self, worker: _Worker, task: Task) -> Outcome:
        worker.process.join(1)
        code = worker.process.exitcode
        if code == -signal.SIGKILL and kills_for_memory() > worker.kills:
            error = "the worker was ended by the system, which had run out of memory"
            return self._broken(worker, task, State.OOM, error)
        cause = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        return self._broken(worker, task, State.LOST, f"the worker ended {cause}")

    def _broken(self, worker: _Worker, task: Task, state: State, error: str) -> Outcome:
        seconds = worker.seconds
        self._end(worker)
        return Outcome(
            task.number, task.attempt, state, seconds=seconds, error=error, token=task.token
        )

    def _end(self, worker: _Worker) -> None:
        """Ends a worker with all that it started."""
        self._workers.remove(worker)
        pid = worker.process.pid
        assert pid is not None
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # it has no group yet, or none any more
            worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def pickled(evaluate: Evaluate) -> bytes:
    try:
        pickled: bytes = cloudpickle.dumps(evaluate)
    except Exception as error:
        raise SearchError(
            f"the evaluation cannot be sent to worker processes: {error}",
            "let it make what cannot travel when it is called, or use jobs=0",
        ) from error
    return pickled


def kills_for_memory() -> int:
    """How often the kernel has ended a process for want of memory; 0 where it does not tell."""
    try:
        lines = KERNEL_COUNTS.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - time.monotonic())


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Workers inherit the environment that the first of them was started in."""
    before: dict[str, Any] = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
