"""A convolution less (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...random import Random
from ..edit import Edit, Place, Way
from ..view import View
from ..vocabulary import Vocabulary
from ._convolutions import is_convolution, stage_of

_FOLLOWERS = ("batchnorm", "relu")


@dataclass(frozen=True)
class RemoveConvolution(Edit):
    """Removes a convolution, and the batch norm and ReLU that follow it."""

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line in view.lines:
            for number in line.places:
                if is_convolution(line.stages[number]):
                    name = view.stage_name(line.stages[number], line.function)
                    yield self.place(name, (line, number))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, number = place.target
        end = number + 1
        for follower in _FOLLOWERS:
            if end < len(line.stages) and _is(line.stages[end], follower):
                end += 1
        tree = view.with_line(line, (*line.stages[:number], *line.stages[end:]))
        yield Way(tree, f"remove {place.where} and its norm and activation")


def _is(stage: Any, name: str) -> bool:
    return stage_of(stage) == name
