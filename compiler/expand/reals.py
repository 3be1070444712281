"""The numbers of real ranges within a value, which its fingerprint leaves out: they decide no
types, and they do stand in the graph.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
