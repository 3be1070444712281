"""Walking a space: where one stands, what may be decided there, and what lies beyond.

A place is a state of the automaton and the costs spent on the way to it. Without requirements on
costs only the state matters. With them a place is known to be live once a program beyond it was
found, and dead once the costs tell (required_costs.py) or all that was tried there was refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from ...grammar.diagnostic import ProgramError, Report
from ..expand.decisions import Reals
from .costs import Totals, plus
from .dead import DeadEnd
from .descent import Left, descend, draw, table_of
from .emptiness import reason_of
from .limit import SpaceLimit
from .process import Process
from .random import Random
from .required_costs import MOST_REMEMBERED, RequiredCosts, first_place
from .states import DONE, REAL, Place, State, decisions_of, edge
from .sums import Count, ways_known
from .trace import Decision, Trace, value_of

LOOK = 400
"""How many expansions the look at one program may cost."""
Step = tuple[Place, Any]


class Walk:
    """The places of one space. `relaxed` leaves out what is required of costs."""

    def __init__(self, process: Process, *, relaxed: bool = False) -> None:
        self.process = process
        self.relaxed = relaxed
        self.forget()

    def forget(self) -> None:
        """Begins anew: nothing is known of places."""
        self.costs = RequiredCosts(self.process, relaxed=self.relaxed)
        self.required = self.costs.any
        self._live: dict[Place, bool] = {}
        self._real: State | None = None  # where a number of a real range is decided
        self._looked = False  # whether a program was looked at for such a number

    def refresh(self) -> None:
        """Sizes of programs may have come to matter."""
        if self.costs.counted != self.process.outlook.counted:
            self.forget()

    def origin(self) -> Place:
        """The first place. Raises DeadEnd where even that is out of reach."""
        self.refresh()
        return first_place(self.process)

    def start(self) -> Place:
        """The first place of a space that holds a program. Raises ProgramError where none does."""
        try:
            place = self.origin()
        except DeadEnd as end:
            raise ProgramError([Report(end.diagnostic)]) from None
        if not self.live(place):
            raise ProgramError([reason_of(self.process, place.state)])
        self.process.budget.proved = 1
        return place

    # --- what is possible

    def step(self, place: Place, decision: Any) -> Place:
        """Where a decision leads."""
        state = self.process.child(place.state, decision)
        if not self.required:
            return state.place
        added = place.state.added.get(edge(place.state, decision))
        return Place(state, place.spent if added is None else plus(place.spent, added))

    def live(self, place: Place) -> bool:
        """Whether a valid program lies beyond."""
        state = place.state
        if state.node is None:
            return not state.dead and self.costs.fulfilled(place.spent)
        if not self.required:
            return self.process.settle(state)
        if self.is_dead(place):
            return False
        if place not in self._live:
            found = descend(self, Random(0), place)
            self._note_found(found or ())
            self.remember(place, found is not None)
        return self._live[place]

    def _note_found(self, steps: Sequence[Step]) -> None:
        if self._real is None:
            self._real = next((place.state for place, _ in steps if place.state.real), None)

    def is_dead(self, place: Place) -> bool:
        """Whether it is known that no valid program lies beyond."""
        if place.state.dead:
            return True
        if not self.required or place.state.node is None:
            return False
        if not self.costs.affords(place.spent):
            return True
        known = self._live.get(place)
        if known is None:
            known = self.costs.affordable(place)
            if known is not None:
                self.remember(place, known)
        return known is False

    def remember(self, place: Place, live: bool) -> None:
        """Keeps an answer; all are forgotten before they fill the memory."""
        if len(self._live) > MOST_REMEMBERED:
            self._live.clear()
        self._live[place] = live

    def bury(self, place: Place) -> None:
        """Notes that every decision at a place proved dead."""
        if self.required:
            self.remember(place, False)
        state = place.state
        children = state.children.values()
        whole = isinstance(state.domain, Reals) or len(children) == len(decisions_of(state.domain))
        if not self.required or (whole and all(child.dead for child in children)):
            state.dead = True

    def options(self, place: Place) -> list[Any]:
        """The decisions after which the program can still be completed, in order; REAL for a
        range.
        """
        domain = place.state.domain
        live = [item for item in decisions_of(domain) if self.live(self.step(place, item))]
        return [REAL] if live and isinstance(domain, Reals) else live

    def total(self, steps: Sequence[Step]) -> Totals:
        """What the program of these steps costs; the steps come from a walk that counts costs."""
        if not steps:
            return self.process.start
        (state, spent), decision = steps[-1]
        added = state.added.get(edge(state, decision), self.costs.sums.nothing)
        return plus(spent, added)

    # --- counting

    def count(self, place: Place) -> Count:
        """The number of valid traces beyond a place, exactly."""
        costs = self.costs
        return costs.count(place) if self.required else costs.sums.ways(place.state)

    def is_endless(self) -> bool:
        """Whether the program that was looked for first holds a number of a real range: of these
        there are infinitely many, which is known before the rest of the space is.
        """
        if not (self._looked or self.required):
            with suppress(SpaceLimit), self.process.budget.allowance(LOOK):
                self._note_found(self.draw(Random(0)))
                self._looked = True
        return self._real is not None

    def bounds(self) -> tuple[int | float, int | float]:
        """What is proved of the number of traces when counting was given up: the ways to the end
        that are known; with requirements what rounded costs tell, and the number without them.
        """
        known = self.process.budget.proved
        if known and self.is_endless():
            return float("inf"), float("inf")
        if not self.required:
            return max(known, ways_known(self.origin().state, {})), float("inf")
        first = self.origin()
        try:
            ways = self.costs.sums.ways(first.state)
        except SpaceLimit:
            return known, float("inf")
        low, high = self.costs.proved(first, ways)
        return max(known, low), high

    # --- drawing

    def draw(self, random: Random) -> list[Step]:
        """One trace: in program order, by the weights of the options that are left."""
        return draw(self, random)

    def pick(self, place: Place, random: Random) -> Any:
        """One of the live decisions of a live place by its weight."""
        table = table_of(place.state)
        left = Left(table)
        while True:
            number = random.real()
            index = left.drawn(number)
            decision = table.decision(index, number)
            if self.live(self.step(place, decision)):
                return decision
            left.strike(index)

    def first(self, place: Place) -> Any:
        """The first live decision of a live place; of a real range, its middle."""
        decisions = decisions_of(place.state.domain)
        return next(item for item in decisions if self.live(self.step(place, item)))

    def draw_uniformly(self, random: Random) -> list[Step]:
        """One trace, every valid one equally likely. Raises SpaceLimit where they cannot be
        counted.
        """
        place = self.start()
        number = float("inf") if self.is_endless() else self.count(place)
        if number == float("inf"):
            raise self.endless()
        rank = random.below(int(number))
        steps = []
        while place.state is not DONE:
            decision, rank = self._ranked(place, rank)
            steps.append((place, decision))
            place = self.step(place, decision)
        return steps

    def endless(self) -> ValueError:
        """Why there is no uniform draw of endlessly many programs."""
        if self._real is not None:
            return _endless(self._real, "cannot be drawn from uniformly")
        waiting, seen = [self.start()], set()
        while True:
            place = waiting.pop()
            if isinstance(place.state.domain, Reals):
                return _endless(place.state, "cannot be drawn from uniformly")
            if place.state is not DONE and place not in seen:
                seen.add(place)
                waiting += [self.step(place, item) for item in reversed(self.options(place))]

    def _ranked(self, place: Place, rank: int) -> tuple[Any, int]:
        """The decision below which the trace of a rank lies, and its rank there."""
        for decision in decisions_of(place.state.domain):
            below = int(self.count(self.step(place, decision)))
            if rank < below:
                return decision, rank
            rank -= below
        raise AssertionError(rank)

    def enumerate(self) -> Iterator[list[Step]]:
        """Every trace, in a fixed order. Raises ValueError at a real range.

        Options are looked at one by one: the first trace of many long choices is wanted at once.
        """
        steps: list[Step] = []
        left: list[Iterator[Any]] = []  # of the decisions at each place
        here: Place | None = self.start()
        while here is not None:
            if here.state is DONE:
                yield list(steps)
            else:
                left.append(self._each_option(here))
                steps.append((here, None))
            here = self._next_place(steps, left)

    def _each_option(self, place: Place) -> Iterator[Any]:
        if isinstance(place.state.domain, Reals):
            raise _endless(place.state, "cannot be enumerated")
        return (
            item for item in decisions_of(place.state.domain) if self.live(self.step(place, item))
        )

    def _next_place(self, steps: list[Step], left: list[Iterator[Any]]) -> Place | None:
        """Where the next decision leads of the last place that has one left; None where none has.
        The steps are cut back to there.
        """
        while left:
            place, _ = steps.pop()
            decision = next(left[-1], None)
            if decision is not None:
                steps.append((place, decision))
                return self.step(place, decision)
            left.pop()
        return None


def _endless(state: State, what: str) -> ValueError:
    domain = state.domain
    assert isinstance(domain, Reals)
    step = f"{(domain.high - domain.low) / 10:.3g}{' log' if domain.log else ''}"
    return ValueError(
        f"{state.name} is a real range, so the space holds infinitely many programs and {what}: "
        f"give it a `step`, as in `{domain.low}..{domain.high} step {step}`"
    )


def trace_of(steps: Sequence[Step]) -> Trace:
    """The steps as a trace."""
    found = []
    for (state, _), decision in steps:
        known = state.shown and state.shown.get(decision)
        found.append(known or _shown(state, decision))
    return tuple(found)


def _shown(state: State, decision: Any) -> Decision:
    """A decision as traces show it. It is kept where the state is passed again: most states of a
    large space are passed once.
    """
    made = Decision(state.name, value_of(state.domain, decision))
    if state.shown is None:
        state.shown = {}
    elif not state.real:
        state.shown[decision] = made
    return made
