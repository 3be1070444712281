"""Evaluation by workers elsewhere, which `archc worker` starts and the study's store connects.

Comes in: tasks. Goes out: outcomes, in whatever order the workers find them. Tasks outlive their
coordinator: the next one waits for what the last one had offered.
"""

import logging
import time
from collections.abc import Callable, Collection

from ..executor import Outcome, Task
from ..queue import Queue, Work

POLL_SECONDS = 0.2
LONELY_SECONDS = 10.0
log = logging.getLogger(__name__)


class WorkersExecutor:
    """At most `jobs` tasks are offered or worked on at a time."""

    def __init__(self, queue: Queue, work: Work, jobs: int) -> None:
        if jobs < 1:
            raise ValueError(f"jobs is at least 1, not {jobs}")
        self.queue = queue
        self.jobs = jobs
        queue.publish(work)
        self._open = set(queue.waiting())
        self._since = time.monotonic()
        self._asked: Callable[[], None] | None = None

    @property
    def adopted(self) -> Collection[int]:
        """The trials that an earlier coordinator offered."""
        return tuple(self._open)

    @property
    def free(self) -> int:
        return max(0, self.jobs - len(self._open))

    @property
    def busy(self) -> int:
        return len(self._open)

    def start(self, task: Task) -> None:
        self.queue.offer(task)
        self._open.add(task.number)

    def wait(self) -> list[Outcome]:
        while True:
            if self._asked is not None:
                ask, self._asked = self._asked, None
                ask()
            found = [item for item in self.queue.collect() if item.number in self._open]
            self._open -= {outcome.number for outcome in found}
            if found:
                self._since = float("inf")
                return found
            self._complain()
            time.sleep(POLL_SECONDS)

    def withdraw(self) -> None:
        """Noted, for `wait` may be in the middle of a transaction."""
        self._asked = self.queue.withdraw

    def interrupt(self) -> None:
        """What no worker has claimed is given up too."""
        self._asked = self.queue.stop

    def close(self) -> None:
        """Workers go on: the next coordinator of the study hears of what they found."""

    def _complain(self) -> None:
        if time.monotonic() - self._since < LONELY_SECONDS:
            return
        self._since = float("inf")
        if not any(self.queue.waiting().values()):
            name = self.queue.store.name
            log.warning("no worker has taken a trial yet; start one with: archc worker %s", name)
