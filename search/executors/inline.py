"""Evaluation in this process, one trial after another.

For functions that take microseconds, and for debugging: nothing protects the study from a function
that hangs or ends the process.
"""

from dataclasses import replace

from ..executor import Evaluate, Outcome, Task, evaluated


class InlineExecutor:
    """Evaluates when it is waited for."""

    def __init__(self, evaluate: Evaluate, device: str = "cpu") -> None:
        self.evaluate = evaluate
        self.device = device
        self._task: Task | None = None

    @property
    def free(self) -> int:
        return int(self._task is None)

    @property
    def busy(self) -> int:
        return int(self._task is not None)

    def start(self, task: Task) -> None:
        self._task = replace(task, device=self.device)

    def wait(self) -> list[Outcome]:
        task, self._task = self._task, None
        if task is None:
            return []
        return [evaluated(self.evaluate, task)]

    def withdraw(self) -> None:
        """A task begins when it is given."""

    def interrupt(self) -> None:
        """Nothing runs between two calls."""

    def close(self) -> None:
        """There is nothing to end."""
