"""What a refusal rests on: which of the decisions made so far, so that only those are changed to
mend it.
"""

from collections.abc import Sequence

from ...grammar.record import record
from ..layer import Layer


@record
class Argued:
    """Where the arguments of a layer were decided: how many decisions there were before the first
    of them, and for each that was decided its name and how many before and after it; which of them
    are numbers as they were decided, by the number of the decision, and which of these are real.
    """

    layer: Layer
    base: int
    spans: Sequence[tuple[str, int, int]]
    numbers: Sequence[tuple[str, int]]
    reals: Sequence[tuple[str, int]]

    @property
    def end(self) -> int:
        """How many decisions there were after the last of them."""
        return self.spans[-1][2]

    def grounds(self, read: frozenset[str]) -> "Grounds":
        """What a refusal rests on that read these hyperparameters."""
        places = [range(before, after) for name, before, after in self.spans if name in read]
        return Grounds(self.base, frozenset(place for span in places for place in span))


@record
class Grounds:
    """The decisions that a refusal rests on, by their number: all before `base` that are not
    `idle`, and `others`.
    """

    base: int
    others: frozenset[int] = frozenset()
    idle: frozenset[int] = frozenset()

    def hold(self, place: int) -> bool:
        return (place < self.base and place not in self.idle) or place in self.others

    def joined(self, other: "Grounds") -> "Grounds":
        """What either rests on."""
        idle = self.idle | other.idle
        if idle:
            idle = frozenset(p for p in idle if not self.hold(p) and not other.hold(p))
        return Grounds(max(self.base, other.base), self.others | other.others, idle)
