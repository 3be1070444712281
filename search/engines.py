"""Where the trials of a study are evaluated: here, on a cluster of Ray, or by workers that join.

Comes in: the name of an engine, what it needs, a study. Goes out: an executor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..lazy import lazy_module
from .accelerators import gpus
from .errors import SearchError
from .executor import Evaluate, Executor
from .executors.inline import InlineExecutor
from .executors.local import LocalExecutor
from .executors.workers import WorkersExecutor
from .queue import Queue, Work
from .study import Study

if TYPE_CHECKING:
    from .executors import ray
else:
    ray = lazy_module(".executors.ray", __package__)

ENGINES = ("local", "ray", "workers")


@dataclass(frozen=True, slots=True)
class Engine:
    """`local` has `jobs` worker processes, or evaluates in this one where that is 0. `ray` has as
    many on the cluster at `address`, or on one of this machine. `workers` waits for `archc worker`,
    with at most so many trials at once.

    Workers share out the accelerators that `device` means. `timeout` is what a trial may take, in
    seconds. `preload` are modules that all workers share. Raises ValueError.
    """

    name: str = "local"
    jobs: int = 1
    address: str | None = None
    device: str = "cpu"
    timeout: float | None = None
    preload: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise ValueError(f"engine is one of {', '.join(ENGINES)}, not {self.name}")
        least = 0 if self.name == "local" else 1
        if self.jobs < least:
            raise ValueError(f"jobs is at least {least}, not {self.jobs}")
        if self.address is not None and self.name != "ray":
            raise ValueError("address is that of a cluster of Ray: it needs the engine ray")

    def executor(self, evaluate: Evaluate, study: Study) -> Executor:
        """Raises SearchError for what cannot be reached, or cannot travel."""
        if self.name == "ray":
            return ray.RayExecutor(
                evaluate, self.jobs, address=self.address, timeout=self.timeout,
                gpus=float(self.device.startswith("cuda")), preload=self.preload,
            )  # fmt: skip
        if self.name == "workers":
            return self._workers(evaluate, study)
        if self.jobs == 0:
            return InlineExecutor(evaluate, self.device)
        return LocalExecutor(
            evaluate, self.jobs, timeout=self.timeout, gpus=gpus(self.device), preload=self.preload
        )

    def _workers(self, evaluate: Evaluate, study: Study) -> Executor:
        if study.store.is_in_memory:
            raise SearchError(
                "workers find a study by its store, and this one has none",
                "name one: postgresql://user:password@host/database",
            )
        work = Work(evaluate, self.timeout, tuple(self.preload))
        return WorkersExecutor(Queue(study.store, study.key), work, self.jobs)
