"""What can be said of a space at a glance: its size, its choices, and options that are never valid.

Comes in: a process. Goes out: the exact size where few expansions find it out, else what is proved;
the choices by name; a warning for each option that no valid program takes, where all is known.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Report
from ...grammar.record import record
from ...grammar.span import Span
from .. import errors
from ..expand.decisions import Alternatives, Reals
from .encoding import name_of_state, options_at
from .limit import SpaceLimit
from .passing import live_options, shares
from .process import Process
from .random import Random
from .states import DONE, REAL, Place, State, decisions_of
from .trace import value_of
from .walk import Walk

GLANCE = 400
"""How many expansions a glance may cost: about a second, for programs of up to 50 layers."""
GLANCED_LAYERS = 50 * GLANCE
LEAST_GLANCE = 20
MOST_PLACES = 50_000


@record
class Choice:
    """A choice by its stable name. `share` is the part of the space's programs in which it is made,
    from 0 to 1, None where that is not known; each real range counts as one option there.
    `reached` counts the moments at which it is made: the states of the automaton.
    """

    name: str
    options: tuple[Any, ...]
    reached: int
    share: float | None


@record
class Survey:
    """`size` is exact where `exact`; else between it and `most` programs are proved. `choices` are
    all of the space where `closed`, else those found so far.
    """

    size: int | float
    exact: bool
    most: int | float
    choices: tuple[Choice, ...]
    closed: bool
    warnings: tuple[Report, ...] = ()


def survey(process: Process, budget: int | None = None) -> Survey:
    """Looks at a space that is known to hold a program: at a glance, or as far as the budget of
    expansions goes.
    """
    return process.answer(lambda: _surveyed(process, budget))


def _surveyed(process: Process, budget: int | None) -> Survey:
    walk = Walk(process)
    with process.budget.allowance(budget or GLANCE):
        try:
            start = walk.start()
            with process.budget.allowance(budget or _glance(walk)):
                size = walk.count(start)
        except SpaceLimit:
            return _in_part(walk)
        states = _closed(walk)
        try:
            warnings = tuple(_never_valid(walk, states))
        except SpaceLimit:
            warnings = ()
        made: Mapping[str, float] | None = None
        with suppress(SpaceLimit):
            made = shares(walk, start)
    return Survey(size, True, size, _choices(states, made), True, warnings)


def _glance(walk: Walk) -> int:
    """Fewer expansions where each makes many layers."""
    decisions = [decision for _, decision in walk.draw(Random(0))]
    layers = len(walk.process.network.replay(decisions).graph.nodes)
    return max(LEAST_GLANCE, min(GLANCE, GLANCED_LAYERS // max(1, layers)))


def _in_part(walk: Walk) -> Survey:
    """What is proved."""
    low, high = walk.bounds()
    return Survey(low, low == high, high, _choices(list(walk.process.states.values()), None), False)


def _closed(walk: Walk) -> list[State]:
    """The states that valid programs pass, in the order of their discovery."""
    return [state for state in walk.process.states.values() if walk.process.settle(state)]


def _choices(states: Sequence[State], made: Mapping[str, float] | None) -> tuple[Choice, ...]:
    found: dict[str, list[State]] = {}
    for state in states:
        found.setdefault(name_of_state(state), []).append(state)
    return tuple(
        Choice(
            name, _options(with_name), len(with_name), None if made is None else made.get(name, 0.0)
        )
        for name, with_name in found.items()
    )


def _options(states: Sequence[State]) -> tuple[Any, ...]:
    """All options of a choice, each once, in order. They are told apart by what they show: some
    cannot be hashed, and one by one 100,000 would take minutes.
    """
    options: dict[str, Any] = {}
    for state in states:
        for value in options_at(state):
            options.setdefault(repr(value), value)
    return tuple(options.values())


# --- options that are never valid -----------------------------------------------------------------


def _never_valid(walk: Walk, states: Sequence[State]) -> list[Report]:
    """A warning for each option of the text that no valid program takes; numbers of one range that
    break the same rule have one together.
    """
    offered: dict[Option, tuple[State, Any]] = {}
    for state in states:
        if not isinstance(state.domain, Reals):
            for decision in decisions_of(state.domain):
                offered.setdefault(_option(state, decision), (state, decision))
    taken = _taken(walk, len(offered))
    alike: dict[Any, list[tuple[State, Any]]] = {}
    for key, (state, decision) in offered.items():
        if key not in taken:
            grave = _grave(state.children.get(decision))
            rule = _place(state, decision), state.name, grave and grave.code
            alike.setdefault(rule, []).append((state, decision))
    return [_warning(dead) for dead in alike.values()]


Option = tuple[int, str]
"""An option of the text: the node of its choice, and how it is shown."""


def _option(state: State, decision: Any) -> Option:
    return id(state.node), str(value_of(state.domain, decision))


def _taken(walk: Walk, most: int) -> set[Option]:
    """The options that some valid program takes, of no more than `most`.

    With requirements of costs a place is a state and what was spent, so all places are looked at.
    """
    found: set[Option] = set()
    start = walk.start()
    options = live_options(walk, start)
    waiting: list[Place] = [start]
    seen = {start}
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
            if after not in seen:
                seen.add(after)
                waiting.append(after)
        if len(seen) > MOST_PLACES:
            raise SpaceLimit(f"there are more than {MOST_PLACES:,} places")
    return found


def _warning(dead: Sequence[tuple[State, Any]]) -> Report:
    state, decision = dead[0]
    grave = _grave(state.children.get(decision))
    reason = grave.message() if grave is not None else "it breaks a requirement of costs"
    shown = tuple(str(value_of(state.domain, decision)) for state, decision in dead)
    return Report(errors.emptiness.DeadOption(_place(state, decision), state.name, shown, reason))


def _place(state: State, decision: Any) -> Span:
    """Where an option stands in the text; one that is not written out, its choice."""
    domain = state.domain
    option = domain.options[decision] if isinstance(domain, Alternatives) else None
    if isinstance(option, ast.Expression) and option.span is not None:
        return option.span
    return state.place_of_choice()


def _grave(state: State | None) -> Any:
    """Why nothing valid lies beyond a state: the reason at its first dead end."""
    while state is not None and state.reason is None:
        state = next((child for child in state.children.values() if child.dead), None)
    return None if state is None else state.reason
