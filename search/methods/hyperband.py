"""Hyperband: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar 2018, algorithm 1.

Successive halving needs to know how early programs can be told apart. Hyperband tries every answer
in turn: from many programs that begin with 1 epoch to few that are trained in full at once.

For s from s_max = floor(log_eta R) down to 0 a bracket begins n = ceil((s_max + 1) eta^s / (s + 1))
programs with r = R eta^-s, and rung i trains floor(n eta^-i) for r eta^i. For R = 81 and eta = 3
this gives [81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]; the paper's table 1 prints
other numbers for the later brackets than its formula.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal
from ._rungs import Brackets, Plan, Source, check_resource, most_within


@dataclass
class Hyperband(Method):
    """`most` is the paper's R, the training of a program in full; eta is 3 there. `resource` is
    what is measured out, epochs or data. `inner` proposes the programs that begin, else they are
    drawn.
    """

    most: int = 27
    eta: int = 3
    resource: str = "epochs"
    inner: Method | None = None
    _brackets: Brackets = field(init=False, repr=False, compare=False)

    fidelities = True
    manipulates = ANY_CHOICE
    mechanism = "early stopping"

    def __post_init__(self) -> None:
        check_resource(self.resource, 1, self.most, self.eta)
        plans = brackets(self.most, self.eta)
        self._brackets = Brackets(plans, self.resource, self.most, Source(self.inner))

    def within(self, whole: Mapping[str, float]) -> Method:
        return replace(self, most=most_within(self.most, self.resource, whole))

    def ask(self, history: History, random: Random) -> Proposal:
        return self._brackets.ask(history, random)

    def awaits(self, history: History) -> int:
        return self._brackets.awaits(history)

    def keeps(self, history: History) -> Collection[int]:
        return self._brackets.keeps(history)


def brackets(most: int, eta: int) -> tuple[Plan, ...]:
    """The brackets of one round. In integers: a logarithm in floating point loses a bracket where
    R is a power of eta.
    """
    last = 0
    while eta ** (last + 1) <= most:
        last += 1
    return tuple(_bracket(s, last, most, eta) for s in range(last, -1, -1))


def _bracket(s: int, last: int, most: int, eta: int) -> Plan:
    count = -(-(last + 1) * eta**s // (s + 1))  # the ceiling
    rungs = tuple(most // eta ** (s - rung) for rung in range(s + 1))
    return Plan(count, rungs, eta)
