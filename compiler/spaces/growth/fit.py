"""Making a tensor fit another, so that the two can be added.

Comes in: two types. Goes out: stages that turn the first into the second, as text: none where they
are equal, `None` where nothing is known that does it.
"""

from typing import Any

from ...types import TensorType
from ..syntax import literal
from .tree import call

_STRIDES = (1, 2, 4, 8)


def projection(given: TensorType, wanted: TensorType) -> tuple[Any, ...] | None:
    """A learned projection: a dense layer over vectors and sequences, a 1x1 convolution over
    images, with a stride or a resampling where the sizes differ.
    """
    if given.dtype != wanted.dtype or given.rank != wanted.rank or given.rank < 2:
        return None
    if given.shape == wanted.shape:
        return ()
    if given.shape[:-1] == wanted.shape[:-1] and given.rank <= 3:
        return _dense(wanted.shape[-1])
    if given.shape[0] != wanted.shape[0] or not 3 <= given.rank <= 5:
        return None
    return _convolution(given.shape[1:], wanted.shape[1:])


def _dense(units: Any) -> tuple[Any, ...] | None:
    return (call("dense", literal(units)),) if isinstance(units, int) else None


def _convolution(given: tuple[Any, ...], wanted: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if not all(isinstance(size, int) for size in (wanted[0], *given, *wanted)):
        return (call("conv", literal(wanted[0]), literal(1)),) if given[1:] == wanted[1:] else None
    channels, one = literal(wanted[0]), literal(1)
    for stride in _STRIDES:
        if tuple(-(-size // stride) for size in given[1:]) == wanted[1:]:
            named = {"stride": literal(stride)} if stride > 1 else {}
            return (call("conv", channels, one, **named),)
    sizes = literal(list(wanted[1:]))
    narrowed = () if given[0] == wanted[0] else (call("conv", channels, one),)
    return (*narrowed, call("resize", sizes))
