"""Joining a study from elsewhere: its tasks are claimed from its store, and evaluated here.

Comes in: a store, how many tasks at once. Goes out: outcomes in the store. A worker says that it is
alive, ends what it no longer holds, gives back what it was working on when it is told to stop, and
ends when its study does. May be assumed: who can write into the store may run code here.
"""

import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..signals import Stop, stopping
from .errors import SearchError
from .executor import Outcome, Task
from .executors.local import LocalExecutor
from .place import Place, place_of
from .queue import Queue, Work
from .stopping import GRACE
from .store import Store
from .trial import State

POLL_SECONDS = 0.5
FILE_SECONDS = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Joining:
    """What a worker is told. `study` is a name, None is the one that there is; `idle` is for how
    many seconds it waits for a task before it ends, None for as long as the study goes on.
    """

    place: Place
    study: str | None = None
    jobs: int = 1
    gpus: Sequence[str] = ()
    threads: int = 1
    idle: float | None = None


def _wait_for(file: Path, seconds: float, say: Say) -> None:
    """Who is started beside a search may be there first. Raises SearchError."""
    end = time.monotonic() + seconds
    if not file.exists():
        say(f"there is no study {file} yet; waiting for {seconds:g} seconds")
    while not file.exists():
        if time.monotonic() > end:
            raise SearchError(f"there is no study {file}", "it is the file that the search writes")
        time.sleep(POLL_SECONDS)


def join(joining: Joining, say: Say) -> int:
    """Works until the study has ended. The answer is how many trials were evaluated here. Raises
    SearchError, and KeyboardInterrupt where a signal ended it.
    """
    where = place_of(joining.place)
    if isinstance(where, Path):
        idle = FILE_SECONDS if joining.idle is None else joining.idle
        _wait_for(where, min(FILE_SECONDS, idle), say)
    store = Store(where)
    try:
        with stopping() as stop:
            found = _found(store, joining, stop)
            if found is None:
                return 0
            key, queue, work = found
            with tempfile.TemporaryDirectory(prefix="archc-worker-") as scratch:
                worker = _Worker(queue, work, joining, Path(scratch), say)
                try:
                    worker.run(stop, lambda: bool(store.ended(key)))
                finally:
                    worker.executor.close()
            if stop.wanted:
                raise KeyboardInterrupt
            return worker.done
    finally:
        store.close()


def _found(store: Store, joining: Joining, stop: Stop) -> tuple[int, Queue, Work] | None:
    """The study, once it wants workers; None where waiting for it was given up."""
    begun = time.monotonic()
    while not stop.wanted:
        for name, _ in store.studies():
            known = store.find(name)
            if known is None or joining.study not in (None, name) or store.ended(known[0]):
                continue
            queue = Queue(store, known[0])
            work = queue.work()
            if work is not None:
                return known[0], queue, work
        if joining.idle is not None and time.monotonic() - begun > joining.idle:
            wanted = "no study" if joining.study is None else f"no study {joining.study!r}"
            raise SearchError(
                f"{store.name}: {wanted} wants workers",
                "is it running? it wants them with: archc search --engine workers --study URL",
            )
        time.sleep(POLL_SECONDS)
    return None


class _Worker:
    def __init__(self, queue: Queue, work: Work, joining: Joining, scratch: Path, say: Say) -> None:
        self.queue = queue
        self.lease = work.lease
        self.idle = joining.idle
        self.scratch = scratch
        self.say = say
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.executor = LocalExecutor(
            work.evaluate, joining.jobs, timeout=work.timeout, threads=joining.threads,
            gpus=joining.gpus, preload=work.preload,
        )  # fmt: skip
        self.tasks: dict[int, Task] = {}
        self.done = 0
        self._pulse = _Pulse(queue, work.lease)
        self._busy = time.monotonic()

    def run(self, stop: Stop, has_ended: Callable[[], bool]) -> None:
        self.say(f"{self.name} waits for trials of {self.queue.store.name}")
        with self._pulse:
            while not stop.wanted:
                self._claim()
                self._step()
                if not self.tasks and (has_ended() or self._is_bored()):
                    return
            self._leave()

    def _claim(self) -> None:
        while self.executor.free > 0:
            task = self.queue.claim(self.name, self.lease)
            if task is None:
                return
            self.say(f"trial {task.number} begins")
            self.tasks[task.number] = task
            self._pulse.hold(self.tasks.values())
            self.executor.start(placed(task, self.scratch))

    def _step(self) -> None:
        """Waits a little, and tells what has ended."""
        wait = min(POLL_SECONDS, self.lease / 4)
        if self.tasks:
            self._busy = time.monotonic()
            for outcome in self.executor.wait(wait):
                self._tell(outcome)
        else:
            time.sleep(wait)
        self._look()

    def _is_bored(self) -> bool:
        return self.idle is not None and time.monotonic() - self._busy > self.idle

    def _look(self) -> None:
        """Ends what is not this worker's any more, and saves what the study wants to be saved."""
        lost, stopped = self._pulse.news()
        for number, task in tuple(self.tasks.items()):
            if task.token in lost:
                self.say(f"trial {number} is not this worker's any more")
                self.executor.cancel(number)
                self._clean(self.tasks.pop(number))
        if stopped:
            self.executor.interrupt()

    def _tell(self, outcome: Outcome) -> None:
        task = self.tasks.pop(outcome.number)
        self._pulse.hold(self.tasks.values())
        if placed(task, self.scratch) != task:  # its files stay here, and end with this worker
            outcome = replace(outcome, checkpoint="")
        is_taken = self.queue.deposit(outcome)
        self.done += is_taken
        late = "" if is_taken else ", too late"
        self.say(f"trial {outcome.number} has ended: {outcome.state}{late}")
        self._clean(task)

    def _clean(self, task: Task) -> None:
        here = placed(task, self.scratch)
        if here != task:
            shutil.rmtree(here.directory, ignore_errors=True)

    def _leave(self) -> None:
        """What runs is saved if it can be, and given back; another worker goes on with it."""
        self.executor.interrupt()
        until = time.monotonic() + GRACE
        while self.tasks and time.monotonic() < until:
            for outcome in self.executor.wait(POLL_SECONDS):
                self._tell(outcome)
        for task in tuple(self.tasks.values()):
            self._tell(Outcome(task.number, task.attempt, State.WAITING, token=task.token))


class _Pulse:
    """Says that the worker is alive, from a thread of its own: starting a process, or a database
    that answers slowly, must not make it look dead.
    """

    def __init__(self, queue: Queue, lease: float) -> None:
        self.queue = queue
        self.lease = lease
        self._held: tuple[Task, ...] = ()
        self._answer: dict[str, bool] = {}
        self._asked: frozenset[str] = frozenset()
        self._failure: SearchError | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archc-pulse", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def hold(self, tasks: Iterable[Task]) -> None:
        """From now on these are held."""
        self._held = tuple(tasks)

    def news(self) -> tuple[frozenset[str], bool]:
        """The tokens of what was lost, and whether the study stops. Raises SearchError."""
        if self._failure is not None:
            raise self._failure
        asked, answer = self._asked, self._answer
        return asked - answer.keys(), any(answer.values())

    def _run(self) -> None:
        while not self._end.wait(self.lease / 4):
            held = self._held
            if not held:
                continue
            try:
                answer = self.queue.beat(held, self.lease)
            except SearchError as error:
                self._failure = error
                return
            self._answer, self._asked = answer, frozenset(task.token for task in held)


def placed(task: Task, scratch: Path) -> Task:
    """The task with a directory that can be made here: its own where the study's folder is shared
    with this machine, else one that nobody else sees.
    """
    if task.directory.parent.is_dir():
        return task
    return replace(task, directory=scratch / task.directory.name)
