"""Evaluation on a cluster of Ray.

Comes in: tasks. Goes out: outcomes. Each slot is an actor that lives as long as the study and holds
its processors and accelerators; in it a worker process evaluates, as on this machine, so that a
trial that hangs ends with its whole process group. Ray repeats nothing: a task whose node has gone
is lost, and the study decides what becomes of it.
"""

import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import SearchError
from ..executor import Evaluate, Outcome, Task
from ..joining import placed
from ..trial import State
from .local import LocalExecutor, pickled

# isort: split
import cloudpickle

try:
    import ray
    from ray.exceptions import RayError
except ImportError as missing:  # an extra, and a large one
    raise SearchError(
        "--engine ray needs Ray, which is not installed", "run: pip install 'archc[ray]'"
    ) from missing

POLL_SECONDS = 1.0
REACH_SECONDS = 10.0
CLOSE_SECONDS = 5.0
THREADS = 2
"""One evaluates, the other hears that it should stop."""
log = logging.getLogger(__name__)


class Slot:
    """What lives on a node: one worker process, and a folder for its trials."""

    def __init__(self, function: bytes, timeout: float | None, preload: Sequence[str]) -> None:
        evaluate: Evaluate = cloudpickle.loads(function)
        self.executor = LocalExecutor(evaluate, 1, timeout=timeout, preload=preload)
        # made by the first trial that needs it
        self.scratch = Path(tempfile.gettempdir()) / f"archc-ray-{secrets.token_hex(8)}"

    def evaluate(self, packed: bytes) -> Outcome:
        """What comes of a task."""
        task: Task = cloudpickle.loads(packed)
        here = placed(task, self.scratch)
        device = "cuda" if ray.get_gpu_ids() else task.device
        self.executor.start(replace(here, device=device))
        (outcome,) = self.executor.wait()
        if here != task:  # its files stay on this node, where no other trial finds them
            shutil.rmtree(here.directory, ignore_errors=True)
            outcome = replace(outcome, checkpoint="")
        return outcome

    def interrupt(self) -> None:
        """Has the task saved that is being evaluated."""
        self.executor.interrupt()

    def close(self) -> None:
        """Ends what runs, with its files."""
        self.executor.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


@dataclass(slots=True)
class _Slot:
    """`ready` is answered once the cluster has had room for the actor."""

    actor: Any
    ready: Any
    task: Task | None = None
    answer: Any = None


class RayExecutor:
    """`jobs` slots of `cpus` processors and `gpus` accelerators each, on the cluster at `address`;
    without one a cluster of this machine is started. Raises SearchError where there is none.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        jobs: int,
        *,
        address: str | None = None,
        timeout: float | None = None,
        cpus: float = 1,
        gpus: float = 0,
        preload: Sequence[str] = (),
    ) -> None:
        if jobs < 1:
            raise ValueError(f"jobs is at least 1, not {jobs}")
        self._jobs = jobs
        self._arguments = (pickled(evaluate), timeout, tuple(preload))
        self._began = not ray.is_initialized()
        if self._began:
            _connect(address)
        self._kind = ray.remote(Slot).options(
            num_cpus=cpus, num_gpus=gpus, max_restarts=0, max_task_retries=0,
            max_concurrency=THREADS, scheduling_strategy="SPREAD",
        )  # fmt: skip
        self._slots: list[_Slot] = []
        self._withdrawn = False

    @property
    def free(self) -> int:
        return self._jobs - self.busy

    @property
    def busy(self) -> int:
        return sum(slot.task is not None for slot in self._slots)

    def start(self, task: Task) -> None:
        idle = [slot for slot in self._slots if slot.task is None]
        _give(task, idle[0] if idle else self._new())

    def wait(self) -> list[Outcome]:
        while True:
            self._make_do()
            if self._withdrawn and (unmet := self._unmet()):
                return unmet
            busy = [slot for slot in self._slots if slot.task is not None]
            answers = [slot.answer for slot in busy]
            ended, _ = ray.wait(answers, num_returns=len(answers), timeout=0)
            if not ended:  # a short wait, so that signals are heard
                ended, _ = ray.wait(answers, num_returns=1, timeout=POLL_SECONDS)
            if ended:
                return [self._ended(slot) for slot in busy if slot.answer in ended]

    def _make_do(self) -> None:
        """A cluster that has become smaller may never have room for an actor again: its task goes
        to a slot that has nothing to do.
        """
        idle = [slot for slot in self._slots if slot.task is None]
        for slot in [slot for slot in self._slots if slot.task is not None] if idle else ():
            if idle and not _is_ready(slot):
                assert slot.task is not None
                _give(slot.task, idle.pop())
                self._slots.remove(slot)
                self._end(slot)

    def withdraw(self) -> None:
        self._withdrawn = True

    def _unmet(self) -> list[Outcome]:
        """The tasks for which the cluster had no room yet."""
        found = []
        for slot in [slot for slot in self._slots if slot.task is not None and not _is_ready(slot)]:
            assert slot.task is not None
            task = slot.task
            found.append(Outcome(task.number, task.attempt, State.WAITING, token=task.token))
            self._slots.remove(slot)
            self._end(slot)
        return found

    def interrupt(self) -> None:
        for slot in self._slots:
            if slot.task is not None:
                slot.actor.interrupt.remote()

    def close(self) -> None:
        closing = [slot.actor.close.remote() for slot in self._slots]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=CLOSE_SECONDS)
        for slot in self._slots:
            self._end(slot)
        self._slots.clear()
        if self._began:
            ray.shutdown()

    def _new(self) -> _Slot:
        actor: Any = self._kind.remote(*self._arguments)
        slot = _Slot(actor, actor.__ray_ready__.remote())
        self._slots.append(slot)
        return slot

    def _ended(self, slot: _Slot) -> Outcome:
        task, slot.task = slot.task, None
        assert task is not None
        try:
            outcome: Outcome = ray.get(slot.answer)
        except RayError as error:
            self._slots.remove(slot)
            self._end(slot)
            first = str(error).strip().splitlines()[0]
            return Outcome(task.number, task.attempt, State.LOST, error=first, token=task.token)
        return outcome

    def _end(self, slot: _Slot) -> None:
        """The worker process ends with its actor."""
        ray.kill(slot.actor, no_restart=True)


def _give(task: Task, slot: _Slot) -> None:
    slot.task, slot.answer = task, slot.actor.evaluate.remote(cloudpickle.dumps(task))


def _is_ready(slot: _Slot) -> bool:
    ready, _ = ray.wait([slot.ready], timeout=0)
    return bool(ready)


def _connect(address: str | None) -> None:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what will be the rule
    try:
        if address is not None:
            _reach(address)
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RayError, ValueError, RuntimeError) as error:
        where = "here" if address is None else f"at {address}"
        raise SearchError(
            f"there is no cluster of Ray {where}: {str(error).strip().splitlines()[0]}",
            "start one with `ray start --head`, and name it with --address HOST:PORT",
        ) from None


def _reach(address: str) -> None:
    """Ray itself tries for many minutes. Raises OSError."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=REACH_SECONDS).close()
