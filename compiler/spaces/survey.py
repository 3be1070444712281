"""What can be said of a space at a glance: its size, its choices, and options that are never valid.

Comes in: a process. Goes out: the exact size where few expansions find it out, else what is proved;
the choices by name; a warning for each option that no valid program takes, where all is known.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...grammar.diagnostic import Report
from ...grammar.record import record
from .encoding import name_of_state, options_at
from .limit import SpaceLimit
from .never_valid import never_valid
from .passing import shares
from .process import Process
from .random import Random
from .states import State
from .uses import counted_uses
from .walk import Walk

GLANCE = 3000
"""How many expansions a glance may cost."""
GLANCED_LAYERS = 50_000
"""So many layers within them: a glance takes about a second."""
LEAST_GLANCE = 20


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
    all of the space where `closed`, else those found so far: `given_up` says why.
    """

    size: int | float
    exact: bool
    most: int | float
    choices: tuple[Choice, ...]
    closed: bool
    warnings: tuple[Report, ...] = ()
    given_up: SpaceLimit | None = None


def survey(process: Process, budget: int | None = None) -> Survey:
    """Looks at a space that is known to hold a program: at a glance, or as far as the budget of
    expansions goes.
    """
    return process.answer(lambda: _surveyed(process, budget))


def _surveyed(process: Process, budget: int | None) -> Survey:
    walk = Walk(process)
    known = _size_by_uses(process, budget or GLANCE)
    budget = budget if known is None else None  # then the rest is for a glance
    with process.budget.allowance(budget or GLANCE):
        try:
            start = walk.start()
            with process.budget.allowance(budget or _glance(walk)):
                size = walk.count(start)
        except SpaceLimit as limit:
            return _in_part(walk, known, limit)
        states = _closed(walk)
        try:
            warnings = tuple(never_valid(walk, states))
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


def _size_by_uses(process: Process, budget: int) -> int | float | None:
    """The size where each use of a block within itself is counted once, if that tells it."""
    with process.budget.allowance(budget):
        uses = counted_uses(process.network, process.budget)
    return None if uses is None else uses.count()


def _in_part(walk: Walk, size: int | float | None, limit: SpaceLimit) -> Survey:
    """What is proved, with the size if that is known."""
    low, high = walk.bounds() if size is None else (size, size)
    choices = _choices(list(walk.process.states.values()), None)
    return Survey(low, low == high, high, choices, False, given_up=limit)


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
