"""Another layer in the place of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ...random import Random
from ..edit import Edit, Place, Way
from ..tree import shown
from ..view import View
from ..vocabulary import Vocabulary
from ._drawing import drawn


@dataclass(frozen=True)
class Replace(Edit):
    """Puts a layer of the vocabulary where another stands."""

    needs: ClassVar[bool] = True

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for number in line.places:
                name = view.stage_name(line.stages[number], line.function)
                yield self.place(name, (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        types = (*view.types(line, number), *view.types(line, number + 1))
        for layer in drawn(vocabulary, types, random):
            tree = view.with_line(line, (*line.stages[:number], layer, *line.stages[number + 1 :]))
            yield Way(tree, f"replace {place.where} by {shown(layer)}")
