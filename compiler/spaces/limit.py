"""What is raised where a question about a space is out of reach.

Comes in: what is proved so far. Goes out: an exception that carries it, between processes too.
"""

from typing import Any


class SpaceLimit(Exception):
    """A question about a space needs more states than the budget allows. It holds at least `low`
    programs and at most `high`: that is proved.
    """

    def __init__(self, message: str, low: float = 0, high: float = float("inf")) -> None:
        self.low, self.high = low, high
        super().__init__(message)

    def __reduce__(self) -> Any:  # from worker processes
        return type(self), (str(self), self.low, self.high)


class BudgetSpent(SpaceLimit):
    """It may be answered with a larger budget."""
