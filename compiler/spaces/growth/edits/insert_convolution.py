"""A convolution more (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...random import Random
from ...syntax import literal
from ..edit import Edit, Place, Way
from ..refused import Refused
from ..tree import call, name
from ..view import View
from ..vocabulary import Vocabulary
from .insert import gaps


@dataclass(frozen=True)
class InsertConvolution(Edit):
    """Inserts a convolution with as many filters as channels come in, stride 1 or 2, followed by
    batch norm and ReLU or by neither (Real et al. 2017, section 3.2).
    """

    kernel: int = 3
    strides: tuple[int, ...] = (1, 2)

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for line, gap in gaps(view):
            yield self.place(view.gap_name(line, gap), (line, gap))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        line, gap = place.target
        channels = _channels(view, line, gap)
        kinds = [(stride, normed) for stride in self.strides for normed in (True, False)]
        while kinds:
            stride, normed = kinds.pop(random.below(len(kinds)))
            named = {"stride": literal(stride)} if stride > 1 else {}
            convolution = call("conv", literal(channels), literal(self.kernel), **named)
            new = (convolution, *((name("batchnorm"), name("relu")) if normed else ()))
            tree = view.with_line(line, (*line.stages[:gap], *new, *line.stages[gap:]))
            tail = " with batch norm and ReLU" if normed else ""
            yield Way(tree, f"insert a convolution of stride {stride}{tail} {place.where}")


def _channels(view: View, line: Any, gap: int) -> int:
    types = view.types(line, gap)
    if len(types) != 1 or types[0].rank < 3:
        raise Refused("no image flows there")
    channels = types[0].shape[1]
    if not isinstance(channels, int):
        raise Refused(f"the number of channels is {channels}")
    return channels
