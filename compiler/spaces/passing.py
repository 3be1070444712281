"""Which places the valid programs of a space pass, and which part of them passes each.

Comes in: a walk whose costs are worked out, and its first place. Goes out: exact shares. A place is
a state, with requirements of costs also what was spent on the way to it.
"""

from collections.abc import Callable, Sequence
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
    """What tells the live decisions of a place. Where few costs of a whole program fulfil what is
    required, it is quicker to look whether one of them is within reach than to try all that are.
    """
    if not walk.required:
        return walk.options
    sums = walk.costs.sums
    whole = {plus(start.spent, rest) for rest in sums.of(start.state)}
    wanted = [total for total in whole if walk.costs.fulfilled(total)]
    if len(wanted) > MOST_WANTED:
        return walk.options

    def options(place: Place) -> Sequence[Any]:
        live = []
        for decision in decisions_of(place.state.domain):
            after = walk.step(place, decision)
            if sums.reaches(after.state, [minus(total, after.spent) for total in wanted]):
                live.append(decision)
        return [REAL] if live and isinstance(place.state.domain, Reals) else live

    return options


def shares(walk: Walk, start: Place) -> dict[str, float]:
    """For each choice by name, the part of all programs in which it is made. Raises SpaceLimit
    where that takes more than a moment.
    """
    after = _edges(walk, start)
    order = _in_order(start, after)
    beyond: dict[Place, int] = {}
    for place in reversed(order):
        beyond[place] = sum([beyond[item] for item in after[place]]) if after[place] else 1
    ways = dict.fromkeys(order, 0)
    ways[start] = 1
    found: dict[str, int] = {}
    for place in order:
        if place.state is not DONE:
            name = name_of_state(place.state)
            found[name] = found.get(name, 0) + ways[place] * beyond[place]
        for item in after[place]:
            ways[item] += ways[place]
    return {name: count / beyond[start] for name, count in found.items()}


def _edges(walk: Walk, start: Place) -> dict[Place, list[Place]]:
    """Where the live decisions of each place lead, one by one; from the end nowhere."""
    options = live_options(walk, start)
    found: dict[Place, list[Place]] = {}
    waiting = [start]
    steps = 0
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        if place.state is DONE:
            found[place] = []
            continue
        live = options(place)
        if live and live[0] is REAL:
            live = decisions_of(place.state.domain)
        found[place] = [walk.step(place, decision) for decision in live]
        waiting += found[place]
        steps += len(live)
        if steps > MOST_STEPS:
            raise SpaceLimit(f"there are more than {MOST_STEPS:,} steps between places")
    return found


def _in_order(start: Place, after: dict[Place, list[Place]]) -> list[Place]:
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
