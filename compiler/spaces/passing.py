"""Which places the valid programs of a space pass, and which part of them passes each.

Comes in: a walk whose costs are worked out, and its first place. Goes out: exact shares. A place is
a state, with requirements of costs also what was spent on the way to it.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from ..expand.decisions import Reals
from .costs import minus, plus
from .encoding import name_of_state
from .limit import SpaceLimit
from .required_costs import MOST_WANTED
from .states import DONE, REAL, Place, decisions_of
from .walk import Walk

MOST_STEPS = 200_000
LiveOptions = Callable[[Place], Sequence[Any]]


def live_options(walk: Walk, start: Place) -> LiveOptions:
    """What tells the live decisions of a place. Where each cost is bounded by itself, or few costs
    of a whole program fulfil what is required, it is quicker to look what is within reach than to
    try to draw it.
    """
    if not walk.required:
        return walk.options
    if walk.costs.bounds.whole:
        return _options(walk, lambda after: walk.costs.count(after) > 0)
    sums = walk.costs.sums
    whole = {plus(start.spent, rest) for rest in sums.of(start.state)}
    wanted = [total for total in whole if walk.costs.fulfilled(total)]
    if len(wanted) > MOST_WANTED:
        return walk.options

    def reaches(after: Place) -> bool:
        return sums.reaches(after.state, [minus(total, after.spent) for total in wanted])

    return _options(walk, reaches)


def _options(walk: Walk, live: Callable[[Place], bool]) -> LiveOptions:
    def options(place: Place) -> Sequence[Any]:
        decisions = decisions_of(place.state.domain)
        found = [item for item in decisions if live(walk.step(place, item))]
        return [REAL] if found and isinstance(place.state.domain, Reals) else found

    return options


def alike(walk: Walk) -> Callable[[Place], Hashable]:
    """What is the same for places beyond which the same lies. Where each cost is bounded by itself,
    what was spent matters only as far as it decides what stays within the bounds.
    """
    if not walk.required or not walk.costs.bounds.whole:
        return lambda place: place
    within = walk.costs.within

    def told(place: Place) -> Hashable:
        _, low, high = within.band(place)
        return place.state, low, high

    return told


def shares(walk: Walk, start: Place) -> dict[str, float]:
    """For each choice by name, the part of all programs in which it is made. Raises SpaceLimit
    where that takes more than a moment.
    """
    names, after = _edges(walk, start)
    order = _in_order(next(iter(after)), after)
    beyond: dict[Hashable, int] = {}
    for place in reversed(order):
        beyond[place] = sum([beyond[item] for item in after[place]]) if after[place] else 1
    ways = dict.fromkeys(order, 0)
    ways[order[0]] = 1
    found: dict[str, int] = {}
    for place in order:
        if place in names:
            name = names[place]
            found[name] = found.get(name, 0) + ways[place] * beyond[place]
        for item in after[place]:
            ways[item] += ways[place]
    return {name: count / beyond[order[0]] for name, count in found.items()}


def _edges(walk: Walk, start: Place) -> tuple[dict[Hashable, str], dict[Hashable, list[Hashable]]]:
    """The names of the choices at places, those that are alike taken for one; and where the live
    decisions of each lead, one by one, from the first place on; from the end nowhere.
    """
    options, same = live_options(walk, start), alike(walk)
    names = dict[Hashable, str]()
    found = dict[Hashable, list[Hashable]]()
    waiting = [(same(start), start)]
    steps = 0
    while waiting:
        key, place = waiting.pop()
        if key in found:
            continue
        if place.state is DONE:
            found[key] = []
            continue
        live = options(place)
        if live and live[0] is REAL:
            live = decisions_of(place.state.domain)
        following = [walk.step(place, decision) for decision in live]
        named = [(same(item), item) for item in following]
        names[key] = name_of_state(place.state)
        found[key] = [after for after, _ in named]
        waiting += named
        steps += len(live)
        if steps > MOST_STEPS:
            raise SpaceLimit(f"there are more than {MOST_STEPS:,} steps between places")
    return names, found


def _in_order(start: Hashable, after: dict[Hashable, list[Hashable]]) -> list[Hashable]:
    """The places, each before those that it leads to."""
    missing = dict.fromkeys(after, 0)
    for items in after.values():
        for item in items:
            missing[item] += 1
    order = [start]
    for place in order:
        for item in after[place]:
            missing[item] -= 1
            if not missing[item]:
                order.append(item)
    return order
