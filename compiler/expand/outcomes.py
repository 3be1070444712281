"""What may flow out of a stage, whatever is decided in it.

Comes in: a stage, and a type, of which some sizes may be unknown (`rough.py`). Goes out: the types
that may flow out, perhaps more of them; None where that cannot be told.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..layer import Layer
from ..types import TensorType
from . import rough
from .rough import Settings, Types, Unsure

A_FEW, MANY_TYPES, MOST_TYPES = 4, 64, 256
"""So many are looked at first. From so many on, types that differ in sizes alone become one; beyond
as many nothing is told.
"""


class Stage(ABC):
    """What is applied. The same of the same is one object, by which its outcomes are kept.
    `choices` is how many choices follow one another in it at most.
    """

    choices = 0

    @abstractmethod
    def outcomes(self, found: TensorType, most: int) -> Types | None:
        """What may flow out when this flows in and no weight has more than so many elements."""


class Chain(Stage):
    """One stage after another; of none, whatever flows in flows out."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = stages
        self.choices = sum(stage.choices for stage in stages)

    def outcomes(self, found: TensorType, most: int) -> Types | None:
        flow: Types | None = frozenset((found,))
        for stage in self.stages:
            flow = through(stage, flow, most)
        return flow


class OneOf(Stage):
    """Any of some stages."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = stages
        self.choices = max((stage.choices for stage in stages), default=0) + (len(stages) > 1)

    def outcomes(self, found: TensorType, most: int) -> Types | None:
        return _together(outcomes(stage, found, most) for stage in self.stages)


class Turns(Stage):
    """A stage so many times."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.stage, self.count = stage, count
        self.choices = count * stage.choices

    def outcomes(self, found: TensorType, most: int) -> Types | None:
        flow: Types | None = frozenset((found,))
        for _ in range(self.count):
            flow = through(self.stage, flow, most)
        return flow


class Residual(Stage):
    """The sum of what flows in and what a stage makes of it, which is to have the same type."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.choices = stage.choices

    def outcomes(self, found: TensorType, most: int) -> Types | None:
        inner = outcomes(self.stage, found, most)
        kept = inner is None or any(rough.may_be(item, found) for item in inner)
        return frozenset((found,)) if kept else frozenset()


class LayerCall(Stage):
    """A layer with the values that each of its settings may have."""

    def __init__(self, layer: type[Layer], settings: "Settings") -> None:
        self.layer, self.settings = layer, settings

    def outcomes(self, found: TensorType, most: int) -> Types | None:
        return rough.of_layer(self.layer, self.settings, found, most)  # type: ignore[arg-type]


@lru_cache(maxsize=20_000, typed=True)
def _made(kind: type[Stage], *parts: Any) -> Any:
    """A stage: one object for equal parts."""
    return kind(*parts)


@lru_cache(maxsize=20_000)
def outcomes(stage: Stage, found: TensorType, most: int) -> Types | None:
    """What may flow out of a stage."""
    return stage.outcomes(found, most)


def through(stage: Stage, flow: Types | None, most: int) -> Types | None:
    """What may flow out of a stage when any of some types flows in."""
    return None if flow is None else _together(outcomes(stage, item, most) for item in flow)


PASSES: Stage = _made(Chain, ())


def chain(stages: Iterable[Stage]) -> Stage:
    """One stage after another."""
    return _made(Chain, tuple(stages))  # type: ignore[no-any-return]


def turns(stage: Stage, count: int) -> Stage:
    """A stage so many times."""
    return _made(Turns, stage, count)  # type: ignore[no-any-return]


def one_of(stages: Iterable[Stage]) -> Stage:
    """Any of some stages."""
    return _made(OneOf, tuple(stages))  # type: ignore[no-any-return]


def residual(stage: Stage) -> Stage:
    """The sum of what flows in and what a stage makes of it."""
    return _made(Residual, stage)  # type: ignore[no-any-return]


def layer_call(layer: type[Layer], settings: Iterable[tuple[str, tuple[Any, ...]]]) -> Stage:
    """A layer with the values that its settings may have. Raises Unsure for one without a hash."""
    try:
        return _made(LayerCall, layer, tuple(settings))  # type: ignore[no-any-return, arg-type]
    except TypeError:
        raise Unsure from None


def some_through(stage: Stage, flow: Types, most: int) -> Types | None:
    """Some of what may flow out when any of some types flows in: of each choice a few outcomes,
    among them what flowed in where that may flow out again.
    """
    match stage:
        case Chain(stages=stages):
            found: Types | None = flow
            for item in stages:
                found = None if found is None else some_through(item, found, most)
            return found
        case Turns(stage=turn, count=count):
            return some_through(chain([turn] * count), flow, most)
    found = through(stage, flow, most)
    if found is None or len(found) <= A_FEW:
        return found
    return frozenset([*(found & flow), *sorted(found - flow, key=str)][:A_FEW])


def _together(flows: Iterable[Types | None]) -> Types | None:
    """All of some types. Of many, those of the same dtype and rank and with the same first axis are
    taken together: of the sizes in which they differ nothing is known. The first axis is the
    batch's, which few layers change.
    """
    found = set[TensorType]()
    alike: dict[Any, TensorType] = {}
    for flow in flows:
        if flow is None:
            return None
        new = flow - found
        found |= new
        if len(found) <= MANY_TYPES:
            continue
        for item in new if alike else found:
            key = item.dtype.name, len(item.shape), item.shape[:1]
            alike[key] = _joined(alike.get(key, item), item)
        if len(alike) > MOST_TYPES:
            return None
    return frozenset(alike.values() if alike else found)


def _joined(first: TensorType, second: TensorType) -> TensorType:
    """Two types of one dtype and rank as one."""
    if first == second:
        return first
    return rough.roughened(first, list(zip(first.shape, second.shape, strict=True)))
