"""Options that no valid program takes, each with what it runs into.

Comes in: a walk over a space of which all is known. Goes out: a warning for each such option of the
text, with the rule that it breaks, or with the requirements of costs that nothing fulfils with it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Report
from ...grammar.record import record
from ...grammar.span import Span
from .. import errors
from ..expand.decisions import Alternatives, Reals
from .costs import Totals, plus
from .emptiness import HOPELESS, MOST_QUESTIONS, unfulfilled
from .limit import SpaceLimit
from .passing import alike, live_options
from .process import Process
from .states import DONE, REAL, Place, State, decisions_of, edge
from .trace import value_of
from .walk import Walk

MOST_PLACES = 50_000

Option = tuple[int, str]
"""An option of the text: the node of its choice, and how it is shown."""


@record
class Dead:
    """An option that is never taken, at one of the states that offer it. `reason` is the rule that
    it breaks, None where it is refused for its costs alone; or it is `hopeless`.
    """

    state: State
    decision: Any
    reason: Diagnostic | None
    hopeless: bool = False


def never_valid(walk: Walk, states: Sequence[State]) -> list[Report]:
    """A warning for each option of the text that no valid program takes; numbers of one range that
    break the same rule have one together.
    """
    offered: dict[Option, tuple[State, Any]] = {}
    for state in states:
        if not isinstance(state.domain, Reals):
            for decision in decisions_of(state.domain):
                offered.setdefault(_option(state, decision), (state, decision))
    taken, passed = _taken(walk, len(offered))
    alike: dict[Any, list[Dead]] = {}
    for key, (state, decision) in offered.items():
        if key not in taken:
            reason, hopeless = _reason(walk.process, state, decision)
            rule = _place(state, decision), state.name, reason and reason.code, hopeless
            alike.setdefault(rule, []).append(Dead(state, decision, reason, hopeless))
    return [_warning(dead, walk, passed) for dead in alike.values()]


def _option(state: State, decision: Any) -> Option:
    return id(state.node), str(value_of(state.domain, decision))


def _taken(walk: Walk, most: int) -> tuple[set[Option], Sequence[Place]]:
    """The options that some valid program takes, of no more than `most`, and the places passed.

    With requirements of costs a place is a state and what was spent, so all places are looked at;
    where these are too many, one of those that are alike, and no places are told.
    """
    try:
        return _passed(walk, most, lambda place: place)
    except SpaceLimit:
        found, _ = _passed(walk, most, alike(walk))
        return found, ()


def _passed(
    walk: Walk, most: int, same: Callable[[Place], Hashable]
) -> tuple[set[Option], Sequence[Place]]:
    found: set[Option] = set()
    start = walk.start()
    options = live_options(walk, start)
    waiting: list[Place] = [start]
    seen = {same(start): start}
    while waiting and len(found) < most:
        place = waiting.pop()
        if place.state is DONE:
            continue
        for decision in options(place):
            if decision is REAL:
                decision = decisions_of(place.state.domain)[0]
            else:
                found.add(_option(place.state, decision))
            after = walk.step(place, decision)
            if seen.setdefault(same(after), after) is after:
                waiting.append(after)
        if len(seen) > MOST_PLACES:
            raise SpaceLimit(f"there are more than {MOST_PLACES:,} places")
    return found, list(seen.values())


def _warning(dead: Sequence[Dead], walk: Walk, passed: Sequence[Place]) -> Report:
    first = dead[0]
    shown = tuple(str(value_of(item.state.domain, item.decision)) for item in dead)
    where = _place(first.state, first.decision)
    if first.hopeless:
        reason, costs = HOPELESS, None
    elif first.reason is not None:
        reason, costs = first.reason.message(), None
    else:
        reason, costs = "what it costs is refused", _costs(dead, walk, passed)
    refused = None if first.reason is None else _elsewhere(first.reason, where)
    told = where, first.state.name, shown, reason, costs, refused
    return Report(errors.emptiness.DeadOption(*told))


def _elsewhere(reason: Diagnostic, option: Span) -> Span | None:
    """Where a rule is broken, if that is neither in the option nor around it, nor in another
    file.
    """
    place = Report(reason).place()
    apart = place.end <= option.start or option.end <= place.start
    return place if apart and place.source is option.source else None


def _place(state: State, decision: Any) -> Span:
    """Where an option stands in the text; one that is not written out, its choice."""
    domain = state.domain
    option = domain.options[decision] if isinstance(domain, Alternatives) else None
    if isinstance(option, ast.Expression) and option.span is not None:
        return option.span
    return state.place_of_choice()


def _reason(process: Process, state: State, decision: Any) -> tuple[Diagnostic | None, bool]:
    """The rule that every program with an option breaks, whatever it costs: the reason at the first
    dead end; and whether the option is hopeless instead. A program that costs too much breaks none,
    though dead ends lie beside it.
    """
    grave = state.children.get(decision)
    if grave is not None and process.settle(grave):
        return None, False
    while grave is not None and grave.reason is None and not grave.hopeless:
        grave = next((child for child in grave.children.values() if child.dead), None)
    return (None, False) if grave is None else (grave.reason, grave.reason is None)


def _costs(dead: Sequence[Dead], walk: Walk, passed: Sequence[Place]) -> Diagnostic | None:
    """The requirements of costs that no program with some options fulfils; None where it is no
    requirement, but the size that any program may have.
    """
    requirements = walk.process.network.requirements
    if not requirements.statements:
        return None
    if not passed:  # they are too many to say what they cost
        return unfulfilled(requirements, ())
    options = {_option(item.state, item.decision): None for item in dead}
    found: dict[Totals, None] = {}
    for place in passed:
        if place.state is not DONE:
            found.update(_totals(walk, place, options))
        if len(found) * len(requirements.statements) > MOST_QUESTIONS:
            return unfulfilled(requirements, ())
    return unfulfilled(requirements, tuple(found))


def _totals(walk: Walk, place: Place, options: Mapping[Option, None]) -> Mapping[Totals, None]:
    """What programs cost that take one of some options at a place."""
    state, count = place.state, len(walk.process.network.requirements.names)
    found: dict[Totals, None] = {}
    for decision in decisions_of(state.domain):
        if _option(state, decision) in options and state.children.get(edge(state, decision)):
            after = walk.step(place, decision)
            for rest in walk.costs.sums.of(after.state):
                found[plus(after.spent, rest)[:count]] = None
    return found
