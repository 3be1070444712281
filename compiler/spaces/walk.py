"""Walking a space: where one stands, what may be decided there, and what lies beyond.

A place is a state of the automaton and the costs spent on the way to it. Without requirements on
costs only the state matters. With them a place is known to be live once a program beyond it was
found; where many programs in a row are refused, the sums that can still be added are worked out
from the end, exactly.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ...grammar.diagnostic import ProgramError, Report
from ..expand.decisions import Reals
from .costs import Totals
from .dead import DeadEnd
from .descent import descend, draw, table_of
from .emptiness import reason_of
from .process import Process, SpaceLimit
from .random import Random
from .states import DONE, REAL, Place, decisions_of, edge
from .sums import Sums, plus, ways_known
from .trace import Decision, Trace, value_of

MOST_REMEMBERED = 200_000
COSTS_BUDGET = 5_000


Step = tuple[Place, Any]


class Walk:
    """The places of one space. `relaxed` leaves out what is required of costs."""

    def __init__(self, process: Process, *, relaxed: bool = False) -> None:
        self.process = process
        self.required = bool(process.requirements.statements) and not relaxed
        self.sums = Sums(process)
        self._exact = False
        self._tried = False
        self._holds: dict[Totals, bool] = {}
        self._live: dict[Place, bool] = {}

    def forget(self) -> None:
        """Drops what is known of places."""
        self.sums = Sums(self.process)
        self._exact = self._tried = False
        self._live.clear()

    def origin(self) -> Place:
        """The first place. Raises DeadEnd where even that is out of reach."""
        return Place(self.process.root(), self.process.start)

    def start(self) -> Place:
        """The first place of a space that holds a program. Raises ProgramError where none does."""
        try:
            place = self.origin()
        except DeadEnd as end:
            raise ProgramError([Report(end.diagnostic)]) from None
        if not self.live(place):
            raise ProgramError([Report(reason_of(self.process, place.state))])
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
        if state.site is None:
            return not state.dead and self.fulfilled(place.spent)
        if not self.required:
            return self.process.settle(state)
        if self.is_dead(place):
            return False
        if place not in self._live:
            self.remember(place, self._exact or descend(self, Random(0), place) is not None)
        return self._live[place]

    def is_dead(self, place: Place) -> bool:
        """Whether it is known that no valid program lies beyond."""
        if place.state.dead:
            return True
        if not self.required or place.state.site is None:
            return False
        known = self._live.get(place)
        if known is None and self._exact:
            known = self._affordable(place)
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
        if not self.required or all(child.dead for child in place.state.children.values()):
            place.state.dead = True

    def work_out_costs(self) -> None:
        """From now on liveness is told by the sums of costs, if they can be worked out."""
        if self._tried:
            return
        self._tried = True
        place = self.origin()
        try:
            with self.process.allowance(COSTS_BUDGET):
                self._affordable(place)
        except SpaceLimit:
            return
        self._exact = True

    def _affordable(self, place: Place) -> bool:
        requirements = self.process.requirements
        if len(requirements.names) == 1 and requirements.only_bounds_above():
            least = self.sums.least(place.state)
            return least is not None and self.fulfilled((place.spent[0] + least,))
        rests = self.sums.of(place.state)
        return any(self.fulfilled(plus(place.spent, rest)) for rest in rests)

    def fulfilled(self, totals: Totals) -> bool:
        """Whether a program with these costs is what the space requires."""
        if not self.required:
            return True
        known = self._holds.get(totals)
        if known is None:
            known = self.process.requirements.hold(totals)
            if len(self._holds) > MOST_REMEMBERED:
                self._holds.clear()
            self._holds[totals] = known
        return known

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
        added = state.added.get(edge(state, decision), self.sums.nothing)
        return plus(spent, added)

    # --- counting

    def count(self, place: Place) -> int | float:
        """The number of valid traces beyond a place, exactly."""
        if not self.required:
            return self.sums.ways(place.state)
        found = self.sums.of(place.state)
        total = sum(n for rest, n in found.items() if self.fulfilled(plus(place.spent, rest)))
        return total if total == float("inf") else int(total)

    def bounds(self) -> tuple[int | float, int | float]:
        """What is proved of the number of traces when counting was given up: the ways to the end
        that are known, and with requirements the number without them.
        """
        if not self.required:
            return max(1, ways_known(self.origin().state, {})), float("inf")
        try:
            return 1, self.sums.ways(self.origin().state)
        except SpaceLimit:
            return 1, float("inf")

    # --- drawing

    def draw(self, random: Random) -> list[Step]:
        """One trace: in program order, by the weights of the options that are left."""
        return draw(self, random)

    def pick(self, place: Place, random: Random) -> Any:
        """One of the live decisions of a live place by its weight."""
        table = table_of(place.state)
        left = list(range(len(table.decisions)))
        while True:
            number = random.real()
            index = table.drawn(left, number)
            decision = table.decision(index, number)
            if self.live(self.step(place, decision)):
                return decision
            left.remove(index)

    def first(self, place: Place) -> Any:
        """The first live decision of a live place; of a real range, its middle."""
        decisions = decisions_of(place.state.domain)
        return next(item for item in decisions if self.live(self.step(place, item)))

    def draw_uniformly(self, random: Random) -> list[Step]:
        """One trace, every valid one equally likely. Raises SpaceLimit where they cannot be
        counted.
        """
        place = self.start()
        number = self.count(place)
        if number == float("inf"):
            raise ValueError("a space with a real range has no uniform distribution over traces")
        rank = random.below(int(number))
        steps = []
        while place.state is not DONE:
            decision, rank = self._ranked(place, rank)
            steps.append((place, decision))
            place = self.step(place, decision)
        return steps

    def _ranked(self, place: Place, rank: int) -> tuple[Any, int]:
        """The decision below which the trace of a rank lies, and its rank there."""
        for decision in decisions_of(place.state.domain):
            below = int(self.count(self.step(place, decision)))
            if rank < below:
                return decision, rank
            rank -= below
        raise AssertionError(rank)

    def enumerate(self) -> Iterator[list[Step]]:
        """Every trace, in a fixed order. Raises ValueError at a real range."""
        stack: list[tuple[Place, list[Step]]] = [(self.start(), [])]
        while stack:
            here, steps = stack.pop()
            if here.state is DONE:
                yield steps
                continue
            if isinstance(here.state.domain, Reals):
                raise ValueError(
                    "a space with a real range cannot be enumerated: give the range a step"
                )
            options = self.options(here)
            stack += [(self.step(here, d), [*steps, (here, d)]) for d in reversed(options)]


def trace_of(steps: Sequence[Step]) -> Trace:
    """The steps as a trace."""
    found = []
    for (state, _), decision in steps:
        known = state.shown.get(decision)
        if known is None:
            known = Decision(state.site.name, value_of(state.domain, decision))  # type: ignore[union-attr]
            if not isinstance(state.domain, Reals):
                state.shown[decision] = known
        found.append(known)
    return tuple(found)
