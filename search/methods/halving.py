"""Successive halving: Jamieson and Talwalkar 2016, algorithm 1.

`count` programs are begun with `least` epochs; of each rung the best 1 / eta are trained eta times
as long, until one is left. Survivors go on from where they stopped. After a bracket another begins,
with new programs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal
from ._rungs import Brackets, Plan, Source, check_resource, most_within, rungs


@dataclass
class Halving(Method):
    """The survey's eta of 2. `most` is what a rung amounts to at the most: survivors that have it
    go no further. `resource` is what is measured out, epochs or data. `inner` proposes the programs
    that begin, else they are drawn.
    """

    count: int = 16
    eta: int = 2
    least: int = 1
    most: int = 16
    resource: str = "epochs"
    inner: Method | None = None
    _brackets: Brackets = field(init=False, repr=False, compare=False)

    fidelities = True
    manipulates = ANY_CHOICE
    mechanism = "early stopping"

    def __post_init__(self) -> None:
        check_resource(self.resource, self.least, self.most, self.eta)
        if self.count < 1:
            raise ValueError(f"count is at least 1, not {self.count}")
        plan = Plan(self.count, amounts(self.count, self.eta, self.least, self.most), self.eta)
        self._brackets = Brackets((plan,), self.resource, self.most, Source(self.inner))

    def within(self, whole: Mapping[str, float]) -> Method:
        return replace(self, most=most_within(self.most, self.resource, whole))

    def ask(self, history: History, random: Random) -> Proposal:
        return self._brackets.ask(history, random)

    def awaits(self, history: History) -> int:
        return self._brackets.awaits(history)

    def keeps(self, history: History) -> Collection[int]:
        return self._brackets.keeps(history)


def amounts(count: int, eta: int, least: int, most: int) -> tuple[int, ...]:
    """What each rung amounts to, until one program is left or has the most."""
    every = rungs(least, most, eta)
    return tuple(amount for rung, amount in enumerate(every) if not rung or count // eta**rung)
