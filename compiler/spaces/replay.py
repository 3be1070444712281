"""Walking a space with old decisions: exactly, or as far as they are still legal."""

from collections.abc import Callable, Mapping
from typing import Any

from ..expand.decisions import Integers, Reals
from .random import Random
from .states import DONE, Place, edge
from .trace import Trace, decision_of, decisions_by_name, value_of
from .walk import Step, Walk

Prefer = Callable[[Place], Any]
MOST_SHOWN = 8


def steps_from(walk: Walk, trace: Trace) -> list[Step]:
    """The steps of a trace. Raises ValueError, saying which choice does not fit."""
    values = decisions_by_name(trace)
    place, steps = walk.start(), []
    while place.state is not DONE:
        decision = _decided(walk, place, values)
        steps.append((place, decision))
        place = walk.step(place, decision)
    left = set(values) - {_name(step) for step, _ in steps}
    if left:
        raise ValueError(f"the program has no choice {min(left)}")
    return steps


def _name(place: Place) -> str:
    return place.state.name


def _decided(walk: Walk, place: Place, values: Mapping[str, Any]) -> Any:
    name = _name(place)
    if name not in values:
        raise ValueError(f"the trace does not decide {name}")
    value = values[name]
    decision = decision_of(place.state.domain, value)
    if decision is None:
        raise ValueError(f"{value!r} is no option of {name}: {shown(place)}")
    if not walk.live(walk.step(place, decision)):
        raise ValueError(f"{name} = {value!r} leads to no valid program")
    return decision


def shown(place: Place) -> str:
    """The options of a choice in a few words."""
    match place.state.domain:
        case Integers(low, high, step):
            return f"{low}..{high}" + (f" step {step}" if step != 1 else "")
        case Reals(low, high):
            return f"{low}..{high}"
        case alternatives:
            found = [repr(item) for item in _values(alternatives)]
            more = ", …" if len(found) > MOST_SHOWN else ""
            return f"one of {', '.join(found[:MOST_SHOWN])}{more}"


def _values(domain: Any) -> list[Any]:
    from_position = range(len(domain.options))
    return [value_of(domain, place) for place in from_position]


def guided(walk: Walk, prefer: Prefer, random: Random | None) -> list[Step]:
    """A program that decides as `prefer` says where that is legal (None: it does not say); else by
    a draw, or without `random` by the first option.
    """
    place, steps = walk.start(), []
    while place.state is not DONE:
        decision = prefer(place)
        if decision is None or not is_live(walk, place, decision):
            decision = walk.pick(place, random) if random else walk.first(place)
        steps.append((place, decision))
        place = walk.step(place, decision)
    return steps


def is_live(walk: Walk, place: Place, decision: Any) -> bool:
    """Whether a decision leads to a valid program."""
    child = place.state.children.get(edge(place.state, decision))
    if child is not None and child.dead:
        return False
    return walk.live(walk.step(place, decision))
