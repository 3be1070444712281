"""Another stride (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...random import Random
from ...syntax import literal
from ..calls import called, with_argument
from ..edit import Edit, Place, Way
from ..tree import put
from ..view import View
from ..vocabulary import Vocabulary
from ._convolutions import convolutions


@dataclass(frozen=True)
class AlterStride(Edit):
    """Gives a convolution another power of two as its stride, up to `most` (Real et al. 2017,
    section 3.2).
    """

    most: int = 4

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for path, node, function, stride in convolutions(view, "stride"):
            yield self.place(view.stage_name(node, function), (path, node, stride))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        path, node, stride = place.target
        others = [2**n for n in range(self.most.bit_length()) if 2**n <= self.most]
        others = [other for other in others if other != stride]
        while others:
            other = others.pop(random.below(len(others)))
            new = with_argument(node, view.signature(called(node)), "stride", literal(other))
            yield Way(put(view.tree, path, new), f"stride {other} of {place.where}")
