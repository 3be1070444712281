"""What a program has stated about its axes, and the questions that follow from it.

Comes in: comparisons between dims, stated or asked. Goes out: a `Truth`. `Facts` never changes;
`assume` makes a new one. Every name is at least its low (1 unless said otherwise), and two names
are never taken to be equal or different. PROVED and REFUTED hold for every size that the facts
allow; whatever is beyond the method or its budget is UNKNOWN.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from operator import eq, ge, gt, le, lt, ne

from ..grammar.record import record
from .dims import Axis, AxisTooLarge, Dim, names, of_atom, substitute
from .inequalities import bounds, settle, symbols
from .knowledge import (
    Contradiction,
    Knowledge,
    primitive,
    with_different,
    with_nonnegative,
    with_zero,
)
from .truth import Truth, every, some

__all__ = ["Facts", "Truth", "every", "some"]

Assumption = tuple[str, Dim, Dim]
"""An operator, its left side and its right side."""


@record
class Facts:
    """`Facts()` knows only that sizes are at least 1. Facts compare by what was assumed."""

    assumptions: tuple[Assumption, ...] = ()
    knowledge: Knowledge = field(default_factory=Knowledge, compare=False, repr=False)
    answers: dict[Assumption, Truth] = field(default_factory=dict, compare=False, repr=False)
    forms: dict[Dim, Dim] = field(default_factory=dict, compare=False, repr=False)

    def assume(self, operator: str, left: Dim, right: Dim) -> "Facts":
        """These facts and one more. ValueError if it cannot hold together with them."""
        truth = self.decide(operator, left, right)
        if truth is Truth.PROVED:
            return self
        if truth is Truth.REFUTED:
            raise ValueError(f"{left} {operator} {right} contradicts what is known")
        try:
            knowledge = _learned(self.knowledge, operator, _with_one_low(left - right))
        except AxisTooLarge:
            knowledge = self.knowledge  # knowing less is sound
        except Contradiction:
            raise ValueError(f"{left} {operator} {right} contradicts what is known") from None
        return Facts((*self.assumptions, (operator, left, right)), knowledge)

    def decide(self, operator: str, left: Dim, right: Dim) -> Truth:
        """Whether the comparison holds for every size the facts allow, for none, or neither."""
        if isinstance(left, int) and isinstance(right, int):
            return Truth.of(_COMPARED[operator](left, right))
        question = (operator, left, right)
        found = self.answers.get(question)
        if found is None:
            found = self._decided(operator, left, right)
            self.answers[question] = found
        return found

    def divides(self, divisor: Dim, dim: Dim) -> Truth:
        """Whether the dim is a whole multiple of the divisor; of zero, only zero is one."""
        nonzero = self.decide("!=", divisor, 0)
        if nonzero is Truth.PROVED:
            return self.decide("==", dim % divisor, 0)
        if nonzero is Truth.REFUTED or self.decide("==", dim, 0) is Truth.PROVED:
            return self.decide("==", dim, 0)
        return Truth.PROVED if self.decide("==", dim, divisor) is Truth.PROVED else Truth.UNKNOWN

    def bounds(self, dim: Dim) -> tuple[int | None, int | None]:
        """Bounds on every value of the dim: nothing is below the first or above the second."""
        return bounds(self._inside(dim), self.knowledge.known)

    def normal(self, dim: Dim) -> Dim:
        """The dim rewritten under the known equations, in the program's own names."""
        if isinstance(dim, int):
            return dim
        found = self.forms.get(dim)
        if found is None:
            found = self.forms[dim] = self.knowledge.outside(self._inside(dim))
        return found

    def _inside(self, dim: Dim) -> Dim:
        return self.knowledge.inside(_with_one_low(dim))

    def _decided(self, operator: str, left: Dim, right: Dim) -> Truth:
        try:
            goal = self._inside(left - right)
            return _asked(operator, goal, self.knowledge)
        except AxisTooLarge:
            return Truth.UNKNOWN


def _asked(operator: str, goal: Dim, knowledge: Knowledge) -> Truth:
    """Answers `goal operator 0`."""
    match operator:
        case ">=":
            return settle(">=", goal, knowledge.known)
        case ">":
            return settle(">=", goal - 1, knowledge.known)
        case "<=":
            return settle(">=", -goal, knowledge.known)
        case "<":
            return settle(">=", -goal - 1, knowledge.known)
        case "!=":
            return _asked("==", goal, knowledge).inverse()
        case "==":
            if isinstance(goal, Axis) and primitive(goal) in knowledge.different:
                return Truth.REFUTED
            return settle("==", goal, knowledge.known)
    raise ValueError(f"{operator!r} compares no axes")


def _learned(knowledge: Knowledge, operator: str, dim: Dim) -> Knowledge:
    """Takes in `dim operator 0`."""
    match operator:
        case "==":
            return with_zero(knowledge, dim)
        case "!=":
            return with_different(knowledge, dim)
        case ">=":
            return with_nonnegative(knowledge, dim)
        case ">":
            return with_nonnegative(knowledge, dim - 1)
        case "<=":
            return with_nonnegative(knowledge, -dim)
    return with_nonnegative(knowledge, -dim - 1)


def _with_one_low(dim: Dim) -> Dim:
    """The dim with one low for each name: the highest, as all of them hold."""
    found = symbols(dim)
    if len(found) == len(names(dim)):
        return dim
    highest = {symbol.name: symbol for symbol in sorted(found, key=lambda symbol: symbol.low)}
    return substitute(dim, {name: of_atom(symbol) for name, symbol in highest.items()})


_COMPARED: Mapping[str, Callable[[int, int], bool]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
