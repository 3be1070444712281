"""What a search for decisions has learned: which of them are not made together.

Comes in: decisions that cannot all be right, as expansions find them. Goes out: for a choice the
first option that is not known to be wrong beside what is decided already.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from ..expand.reads import Numbers

Literal = tuple[str, Any]
"""A choice by its name, and a decision."""


class Mismatch(Exception):
    """The program does not come of decisions, by their numbers, in whatever else is decided."""

    def __init__(self, rests: Iterable[int]) -> None:
        self.rests = frozenset(rests)
        super().__init__()


@dataclass(slots=True)
class Learned:
    """Decisions that are not made together: under the last of them, the others."""

    others: dict[Literal, list[frozenset[Literal]]] = field(default_factory=dict)

    def add(self, made: Sequence[Literal], rests: Numbers) -> None:
        last = max(rests)
        others = frozenset(made[number] for number in rests if number != last)
        self.others.setdefault(made[last], []).append(others)

    def first(self, asked: "Asked", made: Mapping[Literal, int]) -> tuple[Any, Numbers | None]:
        """The first option that may be taken beside the decisions made, which have numbers; where
        none may, the numbers of those that this rests on.
        """
        rests = set(asked.rests)
        for decision in asked.candidates:
            against = self._against((asked.name, decision), made.keys())
            if against is None:
                return decision, None
            rests.update([made[other] for other in against])
        return None, rests

    def _against(self, literal: Literal, made: Set[Literal]) -> frozenset[Literal] | None:
        for others in self.others.get(literal, ()):
            if others <= made:
                return others
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """A choice as it was met: what may be decided, and the decisions that this rests on."""

    name: str
    candidates: Sequence[Any]
    rests: Numbers
