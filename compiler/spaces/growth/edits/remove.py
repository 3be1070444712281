"""A layer less."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...random import Random
from ..edit import Edit, Place, Way
from ..view import View
from ..vocabulary import Vocabulary


@dataclass(frozen=True)
class Remove(Edit):
    """Takes a layer, a block or a whole stage with braces out of its line."""

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for number in line.places:
                name = view.stage_name(line.stages[number], line.function)
                yield self.place(name, (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        tree = view.with_line(line, (*line.stages[:number], *line.stages[number + 1 :]))
        yield Way(tree, f"remove {place.where}")
