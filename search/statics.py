"""Numbers of a program that its graph tells: nothing need be evaluated.

Comes in: a program drawn from a space. Goes out: a number. What depends on axes whose sizes nobody
gave is refused.
"""

from collections.abc import Callable, Mapping

from ..compiler import cost
from ..compiler.spaces.drawn import DrawnProgram
from .errors import SearchError


def _sizes(program: DrawnProgram) -> dict[str, int]:
    return {**cost.sizes_of(program.graph), **program.space.process.axes}


STATICS: Mapping[str, Callable[[DrawnProgram], int]] = {
    "params": lambda program: cost.params(program.graph),
    "flops": lambda program: cost.flops(program.graph, _sizes(program)),
    "activations": lambda program: cost.activations(program.graph, _sizes(program)),
    "layers": lambda program: cost.layers(program.graph),
    "longest_path": lambda program: cost.longest_path(program.graph),
}
"""The same that `require` knows in the language."""


def static_number(program: DrawnProgram, name: str) -> float:
    """Raises SearchError where the sizes of axes are missing."""
    try:
        return float(STATICS[name](program))
    except cost.UnknownSizes as error:
        raise SearchError(f"{name} cannot be searched for: {error}") from None
