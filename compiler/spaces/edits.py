"""Edits of a trace: one choice drawn anew, parts of two programs put together, all neighbours.

Comes in: the steps of valid programs. Goes out: the steps of others. An edit decides one thing and
replays the rest where that stays legal, so every result is valid by construction.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..expand.decisions import Domain, Reals
from .random import Random, cumulate
from .replay import guided, is_live
from .states import Place, decisions_of, weights_of
from .trace import decision_of, value_of
from .walk import Step, Walk

Values = Mapping[str, Any]
_ATTEMPTS = 8


def name_of(place: Place) -> str:
    """The name of the choice at a place."""
    return place.state.name


def values_of(steps: Sequence[Step]) -> dict[str, Any]:
    """What a trace decides, by name."""
    return {name_of(place): value_of(place.state.domain, item) for place, item in steps}


# --- one choice -----------------------------------------------------------------------------------


def mutate(walk: Walk, steps: Sequence[Step], random: Random) -> list[Step]:
    """One choice that has a live alternative is drawn anew. Raises ValueError where none has."""
    order = list(range(len(steps)))
    while order:
        number = order.pop(random.below(len(order)))
        place, decision = steps[number]
        other = _another(walk, place, decision, random)
        if other is not None:
            return _with(walk, steps, place, other, random)
    raise ValueError("the space holds no other program: no choice has a second legal option")


def _another(walk: Walk, place: Place, decision: Any, random: Random) -> Any:
    """A live decision with another value, by its weight; None where there is none."""
    domain = place.state.domain
    if isinstance(domain, Reals):
        return _another_real(domain, decision, random)
    kept = [
        (item, weight)
        for item, weight in zip(decisions_of(domain), weights_of(domain), strict=True)
        if _differ(domain, item, decision) and is_live(walk, place, item)
    ]
    return kept[random.pick(cumulate([weight for _, weight in kept]))][0] if kept else None


def _another_real(domain: Reals, decision: float, random: Random) -> float | None:
    for _ in range(_ATTEMPTS):
        drawn = random.between(domain.low, domain.high, logarithmic=domain.log)
        if drawn != decision:
            return drawn
    return None


def _differ(domain: Domain, first: Any, second: Any) -> bool:
    return first is not second and bool(value_of(domain, first) != value_of(domain, second))


def _with(
    walk: Walk, steps: Sequence[Step], changed: Place, decision: Any, random: Random | None
) -> list[Step]:
    """The program with another decision at one place, and the rest replayed."""
    values = values_of(steps)
    name = name_of(changed)

    def prefer(place: Place) -> Any:
        here = name_of(place)
        if here == name:
            return decision
        return decision_of(place.state.domain, values[here]) if here in values else None

    return guided(walk, prefer, random)


def neighbours(walk: Walk, steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Every program with one other decision."""
    for place, decision in steps:
        domain = place.state.domain
        if isinstance(domain, Reals):
            continue
        for other in decisions_of(domain):
            if _differ(domain, other, decision) and is_live(walk, place, other):
                yield _with(walk, steps, place, other, None)


# --- two programs ---------------------------------------------------------------------------------


def crossover(
    walk: Walk, first: Sequence[Step], second: Sequence[Step], random: Random
) -> list[Step]:
    """The first program with a part of the second in the place of one of the same kind, or with
    some of its single decisions. One that differs from both is preferred.
    """
    if not first:
        return []
    parents = values_of(first), values_of(second)
    found: list[Step] = list(first)
    for _ in range(_ATTEMPTS):
        if random.below(2):
            given = _part(first, second, random)
        else:
            given = {name: value for name, value in parents[1].items() if random.below(2)}
        found = _blend(walk, parents[0], given, random)
        if values_of(found) not in parents:
            break
    return found


def _blend(walk: Walk, own: Values, given: Values, random: Random) -> list[Step]:
    """Decides by `given`, then by `own`, then by a draw."""

    def prefer(place: Place) -> Any:
        name = name_of(place)
        for values in (given, own):
            if name in values:
                decision = decision_of(place.state.domain, values[name])
                if decision is not None and is_live(walk, place, decision):
                    return decision
        return None

    return guided(walk, prefer, random)


def _part(first: Sequence[Step], second: Sequence[Step], random: Random) -> dict[str, Any]:
    """The decisions of a part of the second program, under the names that they have at a place of
    the first where the same text stands.
    """
    places = list(_parts(first).items())
    donors = _parts(second)
    path, node = places[random.below(len(places))]
    fitting = [item for item, kind in donors.items() if kind == node]
    if not fitting:
        return {}
    source = fitting[random.below(len(fitting))]
    values = values_of(second)
    below = [name for name in values if name.startswith(f"{source}.") or name == source]
    return {path + name[len(source) :]: values[name] for name in below}


def _parts(steps: Sequence[Step]) -> dict[str, tuple[int, int]]:
    """The parts of a program by path, with what tells their kinds apart: the text of their first
    choice, and how deep below them it stands.
    """
    found: dict[str, tuple[int, int]] = {}
    for place, _ in steps:
        words = name_of(place).split(".")
        for length in range(1, len(words) + 1):
            kind = id(place.state.node), len(words) - length
            found.setdefault(".".join(words[:length]), kind)
    return found
