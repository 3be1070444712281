"""How many expansions a question about a space may cost.

Comes in: each expansion, and the work within. Goes out: BudgetSpent, once a question has cost more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .limit import BudgetSpent

WORK = 64
"""So many decisions or layers within expansions count as one expansion more."""


@dataclass(slots=True)
class Budget:
    """`most` expansions for each question; `runs` are those of all questions, and `proved` is how
    many programs the space is known to hold at least.
    """

    most: int = 200_000
    runs: int = 0
    proved: int = 0
    spent: int = 0
    _work: int = 0

    def begin(self) -> None:
        """Each question from outside has the whole budget."""
        self.spent = 0

    def count_run(self) -> None:
        """One expansion, or the part of one that is tried again. Raises BudgetSpent."""
        self.runs += 1
        self._spend(1)

    def count_work(self, amount: int) -> None:
        """Decisions or layers of an expansion, of which many count as another. Raises
        BudgetSpent.
        """
        self._work += amount
        if self._work >= WORK:
            whole, self._work = divmod(self._work, WORK)
            self._spend(whole)

    def _spend(self, amount: int) -> None:
        self.spent += amount
        if self.spent > self.most:
            raise BudgetSpent(f"the budget of {self.most:,} expansions is used up", self.proved)

    @contextmanager
    def allowance(self, most: int) -> Iterator[None]:
        """A part of a question that may cost so much at most."""
        spent, whole = self.spent, self.most
        self.spent, self.most = 0, min(most, whole)
        try:
            yield
        finally:
            self.spent, self.most = spent, whole
