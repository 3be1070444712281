"""Numbers of a program that its graph tells: nothing need be evaluated.

Comes in: a program of a study. Goes out: a number. What depends on axes whose sizes nobody
gave is refused.
"""

from collections.abc import Callable, Mapping

from ..compiler import cost
from .candidate import Candidate
from .errors import SearchError


def _sizes(program: Candidate) -> dict[str, int]:
    return {**cost.sizes_of(program.graph), **program.axes}


STATICS: Mapping[str, Callable[[Candidate], int]] = {
    "params": lambda program: cost.params(program.graph),
    "flops": lambda program: cost.flops(program.graph, _sizes(program)),
    "activations": lambda program: cost.activations(program.graph, _sizes(program)),
    "layers": lambda program: cost.layers(program.graph),
    "longest_path": lambda program: cost.longest_path(program.graph),
}
"""The same that `require` knows in the language."""


def static_number(program: Candidate, name: str) -> float:
    """Raises SearchError where the sizes of axes are missing."""
    try:
        return float(STATICS[name](program))
    except cost.UnknownSizes as error:
        raise SearchError(f"{name} cannot be searched for: {error}") from None
