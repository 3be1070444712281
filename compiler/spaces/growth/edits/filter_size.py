"""Another size of filters (Real et al. 2017)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...random import Random
from ...syntax import literal
from ..calls import called, with_argument
from ..edit import Edit, Place, Way
from ..tree import put
from ..view import View
from ..vocabulary import Vocabulary
from ._convolutions import convolutions


@dataclass(frozen=True)
class FilterSize(Edit):
    """Makes the filters of a convolution another odd size along one axis, up to `most` (Real et al.
    2017, section 3.2).
    """

    most: int = 7

    def places(self, view: View, vocabulary: Vocabulary) -> Iterator[Place]:
        for path, node, function, kernel in convolutions(view, "kernel"):
            yield self.place(view.stage_name(node, function), (path, node, kernel))

    def ways(
        self, view: View, place: Place, vocabulary: Vocabulary, random: Random
    ) -> Iterator[Way]:
        path, node, kernel = place.target
        present = _by_axis(view, node, kernel)
        sizes = range(1, self.most + 1, 2)
        options = [(axis, size) for axis in range(len(present)) for size in sizes]
        while options:
            axis, size = options.pop(random.below(len(options)))
            if size == present[axis]:
                continue
            new = [*present[:axis], size, *present[axis + 1 :]]
            value = new[0] if len(set(new)) == 1 else new
            changed = with_argument(node, view.signature(called(node)), "kernel", literal(value))
            yield Way(put(view.tree, path, changed), f"filters of {place.where} {value}")


def _by_axis(view: View, node: Any, kernel: Any) -> list[int]:
    """The size along each spatial axis."""
    if isinstance(kernel, tuple):
        return list(kernel)
    return [kernel] * view.rank_of_input(node)
