"""A connection that changes nothing (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ...random import Random
from ..edit import Edit, Place, Way
from ..tree import name
from ..view import View
from ..vocabulary import Vocabulary
from .insert import gaps


@dataclass(frozen=True)
class InsertOneToOne(Edit):
    """Inserts the identity: a point more at which a later edit can begin or end (Real et al. 2017,
    section 3.2).
    """

    changes: ClassVar[str] = "connections"
    may_be_identical: ClassVar[bool] = True

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line, gap in gaps(view):
            yield self.place(view.gap_name(line, gap), (line, gap))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, gap = place.target
        tree = view.with_line(line, (*line.stages[:gap], name("identity"), *line.stages[gap:]))
        yield Way(tree, f"insert the identity {place.where}")
