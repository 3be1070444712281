"""A layer of the vocabulary more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .....grammar import ast
from ...random import Random
from ..edit import Edit, Place, Way
from ..tree import shown
from ..view import Line, View
from ..vocabulary import Vocabulary
from ._drawing import drawn


@dataclass(frozen=True)
class Insert(Edit):
    """Puts a layer of the vocabulary between two others."""

    needs: ClassVar[bool] = True

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line, gap in gaps(view):
            yield self.place(view.gap_name(line, gap), (line, gap))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, gap = place.target
        for layer in drawn(vocabulary, view.types(line, gap), random):
            tree = view.with_line(line, (*line.stages[:gap], layer, *line.stages[gap:]))
            yield Way(tree, f"insert {shown(layer)} {place.where}")


def gaps(view: View) -> Iterator[tuple[Line, int]]:
    """Where one tensor flows, as far as the text shows."""
    for line in view.lines:
        for gap in line.gaps:
            if not (gap and is_several(line.stages[gap - 1])):
                yield line, gap


def is_several(stage: object) -> bool:
    """Whether several tensors come out of a stage."""
    match stage:
        case ast.Tuple() | ast.Call(function=ast.Name(id="fork")):
            return True
        case _:
            return False
