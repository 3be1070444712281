"""Whether programs of a space can become too large for the checker.

Its limits on layers, weights, elements and work hold for whole programs, as sums, and sums are kept
out of states: hardly any space comes near. So it is watched how much each choice adds at most. A
program makes a choice of a name once, so what all names add at most bounds every program of the
space. As long as that is within a limit, the limit decides nothing. Once it is not, SizesMatter is
raised: the space begins anew and counts that size from then on as it counts costs, an edge carrying
what its decision adds.

Comes in: what decisions add. Goes out: which sizes are to be counted, and their limits.
"""

from collections.abc import Mapping
from dataclasses import replace
from operator import add, sub
from typing import Any, TypeAlias

from ...grammar.span import Span
from ..errors.limits import (
    TooManyActivations,
    TooManyNodes,
    TooManyParameters,
    TooMuchWork,
)
from ..expand.session import Limits

Sizes = tuple[int, ...]
"""Of a program so far: layers, trained numbers, elements of all outputs, work."""
NOTHING: Sizes = (0, 0, 0, 0)
TooLarge: TypeAlias = TooManyNodes | TooManyParameters | TooManyActivations | TooMuchWork
EXCEEDED: Mapping[type, int] = {
    TooManyNodes: 0,
    TooManyParameters: 1,
    TooManyActivations: 2,
    TooMuchWork: 3,
}


ANY = 1 << 120


class SizesMatter(Exception):
    """A size, by its position among `Sizes`, may exceed its limit."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__()


class Outlook:
    """What choices add at most. `counted` are the sizes that are counted like costs, `most` the
    limits of whole programs.
    """

    def __init__(self, limits: Limits) -> None:
        self.given = limits
        self.most: Sizes = limits.nodes, limits.parameters, limits.activations, limits.work
        self.counted: tuple[int, ...] = ()
        self.reason: TooLarge | None = None  # the last refusal of a program for its size
        self.settled = False  # whether it is known that no program exceeds a limit
        self._added: dict[str, Sizes] = {}  # by each choice of a name, at most
        self._whole = NOTHING

    @property
    def limits(self) -> Limits:
        """What an expansion that explores may become. Where sizes are counted there is room for
        one that begins heavy: of layers and work as much again, of numbers any.
        """
        if not self.counted:
            return self.given
        given = self.given
        return replace(
            given,
            nodes=2 * given.nodes,
            parameters=ANY,
            activations=ANY,
            work=2 * given.work,
        )

    def note(self, name: str, before: Sizes, after: Sizes) -> None:
        """A decision of the choice leads from some sizes to others. Raises SizesMatter."""
        known = self._added.get(name)
        if known is not None and _within(before, after, known) or self.settled:
            return
        known = known or NOTHING
        self._added[name] = most = tuple(map(max, known, map(sub, after, before)))
        self._whole = tuple(map(add, self._whole, map(sub, most, known)))
        for size, (whole, limit) in enumerate(zip(self._whole, self.most, strict=True)):
            if whole > limit and size not in self.counted:
                raise SizesMatter(size)

    def told(self, size: int, reason: TooLarge) -> TooLarge:
        """A refusal with the limit of whole programs."""
        return replace(reason, limit=self.most[size])

    def count(self, size: int) -> None:
        """From now on a size is counted."""
        self.counted = tuple(sorted({*self.counted, size}))

    def of_counted(self, sizes: Sizes) -> Sizes:
        """The sizes that are counted."""
        return tuple([sizes[size] for size in self.counted])

    def note_exceeded(self, counted: Sizes, span: Span) -> None:
        """Where counted sizes exceed their limits, the program is refused for it."""
        for size, found in zip(self.counted, counted, strict=True):
            if found > self.most[size]:
                self.reason = self._refusal(size, found, span)

    def _refusal(self, size: int, found: int, span: Span) -> TooLarge:
        given = self.given
        match size:
            case 0:
                return TooManyNodes(span, given.nodes, None)
            case 1:
                return TooManyParameters(span, found, given.parameters)
            case 2:
                return TooManyActivations(span, found, given.activations)
            case _:
                return TooMuchWork(span, given.work)

    def allows(self, counted: Sizes) -> bool:
        """Whether the counted sizes are within their limits."""
        most = self.most
        return all(found <= most[size] for size, found in zip(self.counted, counted, strict=True))

    def settle(self) -> None:
        """No program exceeds a limit: nothing is to be counted."""
        self.counted, self.settled = (), True


def _within(before: Sizes, after: Sizes, most: Sizes) -> bool:
    """Whether no more is added than that; it is asked at each choice that is met."""
    return (
        after[0] - before[0] <= most[0]
        and after[1] - before[1] <= most[1]
        and after[2] - before[2] <= most[2]
        and after[3] - before[3] <= most[3]
    )


def exceeded(refusal: Any) -> int | None:
    """The size for which something is refused, by its position; None for another reason."""
    return EXCEEDED.get(type(getattr(refusal, "diagnostic", None)))
