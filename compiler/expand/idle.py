"""Whether what flows out of a layer rests on a whole number that was decided for it: on how many
rows an embedding has, it does not.

Comes in: a layer, the types that flow in, a hyperparameter and the range it was decided in. Goes
out: whether every number of the range gives the same types. The layer's shape rule is run with
something that can be compared in size, with one outcome for the whole range, and nothing else.
"""

from collections.abc import Callable
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, NoReturn

from ...grammar.span import NOWHERE
from ..checks import Checks
from ..errors.base import Site
from ..facts import Facts
from ..hyperparameter import IntKind, SizeKind
from ..layer import Layer
from ..types import TensorType


class _Used(Exception):
    """Something rests on the number."""


def _comparing(operator: Callable[[int, int], bool]) -> Any:
    def compare(self: "_Unknown", other: Any) -> bool:
        outcome = operator(self.low, other)
        if type(other) is not int or operator(self.high, other) != outcome:
            raise _Used
        return outcome

    return compare


def _use(*_: Any) -> NoReturn:
    raise _Used


class _Unknown:
    """Some number from `low` to `high`. It is no `int`: Python takes the value of one unasked."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    __lt__, __le__, __gt__, __ge__ = map(_comparing, (lt, le, gt, ge))
    __eq__ = __ne__ = __hash__ = __bool__ = _use
    __str__ = __repr__ = __format__ = _use


@lru_cache(maxsize=8_192)
def is_idle(layer: Layer, types: tuple[TensorType, ...], name: str, low: int, high: int) -> bool:
    """Whether the outputs have the same types for all values of a hyperparameter in a range."""
    kinds = {item.name: item.kind for item in layer.hyperparameters()}
    if not isinstance(kinds[name], IntKind | SizeKind):
        return False
    probed: Layer = object.__new__(type(layer))
    probed.__dict__.update(layer.__dict__, **{name: _Unknown(low, high)})
    try:
        found = probed.infer(Checks(Facts(), Site(layer.name, NOWHERE)), *types)
    except Exception:  # whatever it is, nothing can be told
        return False
    sizes: list[Any] = []
    for output in found if isinstance(found, tuple) else (found,):
        sizes += output.shape
    return not any(isinstance(size, _Unknown) for size in sizes)
