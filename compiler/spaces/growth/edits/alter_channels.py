"""Another number of channels (Real et al. 2017)."""

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

_DRAWS = 16


@dataclass(frozen=True)
class AlterChannels(Edit):
    """Gives a convolution between half and twice its filters (Real et al. 2017, section 3.2)."""

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for path, node, function, filters in convolutions(view, "filters"):
            if isinstance(filters, int):
                yield self.place(view.stage_name(node, function), (path, node, filters))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        path, node, filters = place.target
        low, high = max(1, filters // 2), 2 * filters
        for _ in range(_DRAWS):
            other = low + random.below(high - low + 1)
            if other == filters:
                continue
            new = with_argument(node, view.signature(called(node)), "filters", literal(other))
            what = f"{other} filters of {place.where} instead of {filters}"
            yield Way(put(view.tree, path, new), what)
