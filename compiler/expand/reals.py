"""The numbers of real ranges within a value, which its fingerprint leaves out: they decide no
types, and they do stand in the graph.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors
from .holding import captured
from .values import FragmentStage, FunctionStage, LayerStage, OpenReal


def reals_in(value: Any) -> Iterator[float]:
    """The numbers, in an order that the fingerprint tells."""
    match value:
        case OpenReal():
            yield float(value)
        case tuple() | list():
            yield from _of_all(value)
        case LayerStage(layer=layer):
            yield from _of_all(getattr(layer, item.name) for item in layer.hyperparameters())
        case FunctionStage(values=values):
            yield from _of_all(values.values())
        case FragmentStage():
            yield from decided_reals(value.frozen)
            yield from _of_all(captured(value))


def _of_all(values: Iterable[Any]) -> Iterator[float]:
    for value in values:
        yield from reals_in(value)


def decided_reals(decisions: Mapping[Any, Any]) -> Iterator[float]:
    """The numbers among decisions."""
    return (taken for _, taken in sorted(decisions.items()) if isinstance(taken, float))


def refuse_as_size(value: Any, span: Span, accept: Callable[[Any], Any]) -> None:
    """Raises a Fault where a value is refused for nothing but a number of a real range, in the
    place of which a whole number would do.
    """
    whole = _made_whole(value)
    if whole is value:
        return
    with suppress(ValueError, OverflowError):
        if accept(whole) is not None:
            raise Fault(errors.spaces.RealDecides(span, size=True))


def _made_whole(value: Any) -> Any:
    if isinstance(value, OpenReal):
        return 1
    if isinstance(value, tuple) and any(isinstance(item, OpenReal) for item in value):
        return tuple([_made_whole(item) for item in value])
    return value
