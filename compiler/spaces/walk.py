"""Walking a space: where one stands, what may be decided there, and what lies beyond.

A place is a state of the automaton and the costs spent on the way to it. Without requirements on
costs only the state matters. With them a place is known to be live once a program beyond it was
found; where many programs in a row are refused, the sums that can still be added are worked out
from the end, exactly.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...grammar.diagnostic import ProgramError, Report
from ..expand.decisions import Reals
from .ceiling import NOTHING_DEAR, PATIENCE, Ceiling, Dear, loop_of
from .cheapest import Cheapest
from .completions import Completions
from .costs import Totals, minus, plus
from .dead import DeadEnd
from .descent import Left, descend, draw, table_of
from .emptiness import reason_of
from .limit import SpaceLimit
from .process import Process
from .random import Random
from .states import DONE, REAL, Place, State, decisions_of, edge
from .sums import Sums, ways_known
from .trace import Decision, Trace, value_of

MOST_REMEMBERED = 200_000
COSTS_BUDGET = 5_000
MOST_WANTED = 100
"""Where no more totals fulfil what is required, it is asked which of them are within reach."""
FEW_TURNS = 8
"""So many numbers of turns are looked at side by side for the cheapest."""


Step = tuple[Place, Any]


class Walk:
    """The places of one space. `relaxed` leaves out what is required of costs."""

    def __init__(self, process: Process, *, relaxed: bool = False) -> None:
        self.process = process
        self.relaxed = relaxed
        self._begin()

    def _begin(self) -> None:
        requirements, self._counted = self.process.requirements, self.process.outlook.counted
        costs = len(requirements.names)
        self.required = not self.relaxed and bool(requirements.statements or self._counted)
        self.sums = Sums(self.process)
        self._holds: dict[Totals, bool] = {}
        self._only_bounds = requirements.only_bounds_above()
        self.bounded = self.required and (self._only_bounds or bool(self._counted))
        first = 0 if self._only_bounds else costs
        bounds = range(first, costs + len(self._counted)) if self.bounded else ()
        self.cheapest = [Cheapest(self.process, cost) for cost in bounds]
        self._single = self._only_bounds and len(bounds) == 1
        self._exact = self._tried = self._weighed = False
        self._wanted: list[Totals] | None = None  # costs of whole programs that are required
        self._completions: Completions | None = None
        self._live: dict[Place, bool] = {}
        self._dear: dict[Place, Dear] = {}  # what costs too much

    def forget(self) -> None:
        """Drops what is known of places."""
        self._begin()

    def refresh(self) -> None:
        """Sizes of programs may have come to matter."""
        if self._counted != self.process.outlook.counted:
            self._begin()

    def origin(self) -> Place:
        """The first place. Raises DeadEnd where even that is out of reach."""
        self.refresh()
        return Place(self.process.root(), self.process.start)

    def start(self) -> Place:
        """The first place of a space that holds a program. Raises ProgramError where none does."""
        try:
            place = self.origin()
        except DeadEnd as end:
            raise ProgramError([Report(end.diagnostic)]) from None
        if not self.live(place):
            raise ProgramError([reason_of(self.process, place.state)])
        self.process.holds = True
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
            return not state.dead and self.fulfilled(place.spent)
        if not self.required:
            return self.process.settle(state)
        if self.is_dead(place):
            return False
        if place not in self._live:
            self.remember(place, descend(self, Random(0), place) is not None)
        return self._live[place]

    def is_dead(self, place: Place) -> bool:
        """Whether it is known that no valid program lies beyond."""
        if place.state.dead:
            return True
        if not self.required or place.state.node is None:
            return False
        if not self.affords(place.spent):
            return True
        known = self._live.get(place)
        if known is None and self._exact:
            known = self._affordable(place)
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

    def work_out_costs(self) -> None:
        """From now on liveness is told by the sums of costs, if they can be worked out; by the
        least of each where every one is bounded from above.
        """
        if self._tried:
            return
        self._tried = True
        self._exact = bool(self.cheapest)
        if self._single:
            return
        place = self.origin()
        try:
            with self.process.allowance(COSTS_BUDGET):
                whole = {plus(place.spent, rest) for rest in self.sums.of(place.state)}
        except SpaceLimit:
            return
        wanted = [total for total in whole if self.fulfilled(total)]
        self._wanted = wanted if len(wanted) <= MOST_WANTED else None
        self._exact, self.cheapest = True, []

    def _affordable(self, place: Place) -> bool | None:
        """Whether a completion costs what is required; None where it is quicker to draw one."""
        if self.cheapest:
            if loop_of(place.state) and len(decisions_of(place.state.domain)) > FEW_TURNS:
                return None
            each = (
                least.within(place.state, self._allowed(place, least)) for least in self.cheapest
            )
            within = all(each)  # though not by one completion
            return within if not within or self._single else None
        if self._wanted is not None:
            missing = [minus(total, place.spent) for total in self._wanted]
            return self.sums.reaches(place.state, missing)
        rests = self.sums.of(place.state)
        return any(self.fulfilled(plus(place.spent, rest)) for rest in rests)

    def affords(self, totals: Totals) -> bool:
        """Whether costs may still grow from here."""
        return not self.bounded or self._allows(totals)

    def _allows(self, totals: Totals) -> bool:
        """Whether costs that are bounded from above are within their bounds."""
        costs = len(self.process.requirements.names)
        if not self.process.outlook.allows(totals[costs:]):
            return False
        return not self._only_bounds or self.fulfilled(totals)

    def _allowed(self, place: Place, least: Cheapest) -> Callable[[int], bool]:
        """What may be added to one cost, each of which is bounded by itself."""
        nothing = [0] * len(place.spent)
        spent = place.spent[least.cost]

        def allowed(added: int) -> bool:
            nothing[least.cost] = spent + added
            return self._allows(tuple(nothing))

        return allowed

    def ceiling(self, place: Place, after: int) -> Ceiling | None:
        """What an expansion may add after its first decisions, which led to a place."""
        if not self.bounded:
            return None
        return Ceiling(
            after,
            lambda added: self._allows(plus(place.spent, added)),
            1 if self._tried else PATIENCE,
            lambda state, added: self.dear_at(Place(state, plus(place.spent, added))),
            lambda state, added, decision, within: self.note_too_dear(
                Place(state, plus(place.spent, added)), decision, within
            ),
        )

    def dear_at(self, place: Place) -> Dear:
        """What is known to cost too much at a place."""
        return self._dear.get(place, NOTHING_DEAR)

    def note_too_dear(self, place: Place, decision: Any, within: Sequence[str]) -> None:
        """A decision cost too much while these paths were open."""
        found = self._dear.get(place)
        if found is None:
            if len(self._dear) > MOST_REMEMBERED:
                self._dear.clear()
            found = self._dear[place] = Dear()
        found.add(place.state, decision, within)

    def note_dead(self, place: Place, decision: Any, after: Place) -> None:
        """A decision proved dead. If it is a number of turns and they alone cost too much, so is
        any larger one.
        """
        if not self.bounded or after.state.dead:
            return
        loop = loop_of(place.state)
        alone = loop and any(
            least.turns_exceed(after.state, self._allowed(after, least)) for least in self.cheapest
        )
        self.note_too_dear(place, decision, [f"{loop}.0"] if alone else [])

    def fulfilled(self, totals: Totals) -> bool:
        """Whether a program with these costs is what the space requires."""
        if not self.required:
            return True
        known = self._holds.get(totals)
        if known is None:
            costs = len(self.process.requirements.names)
            known = self.process.outlook.allows(totals[costs:])
            known = known and self.process.requirements.hold(totals[:costs])
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
        self._weigh()
        first = self.origin()
        if self._completions is None or self._completions.first != first:  # states are forgotten
            self._completions = Completions(self.sums, first, self.fulfilled)
        return self._completions.count(place)

    def _weigh(self) -> None:
        """Where sizes are counted, whether any program is too large after all. Raises Apart where
        none is: then they need not be counted.
        """
        if not self._counted or self._weighed:
            return
        self._weighed = True
        place = self.origin()
        most = plus(place.spent, self.sums.most(place.state))
        if self.process.outlook.allows(most[len(self.process.requirements.names) :]):
            self.process.stop_counting_sizes()

    def bounds(self) -> tuple[int | float, int | float]:
        """What is proved of the number of traces when counting was given up: the ways to the end
        that are known, and with requirements the number without them.
        """
        known = int(self.process.holds)
        if not self.required:
            return max(known, ways_known(self.origin().state, {})), float("inf")
        try:
            return known, self.sums.ways(self.origin().state)
        except SpaceLimit:
            return known, float("inf")

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
        number = self.count(place)
        if number == float("inf"):
            raise _endless(self._real(), "cannot be drawn from uniformly")
        rank = random.below(int(number))
        steps = []
        while place.state is not DONE:
            decision, rank = self._ranked(place, rank)
            steps.append((place, decision))
            place = self.step(place, decision)
        return steps

    def _real(self) -> State:
        """A state that asks for a real number, where there is one."""
        waiting, seen = [self.start()], set()
        while True:
            place = waiting.pop()
            if isinstance(place.state.domain, Reals):
                return place.state
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
        """Every trace, in a fixed order. Raises ValueError at a real range."""
        stack: list[tuple[Place, list[Step]]] = [(self.start(), [])]
        while stack:
            here, steps = stack.pop()
            if here.state is DONE:
                yield steps
                continue
            if isinstance(here.state.domain, Reals):
                raise _endless(here.state, "cannot be enumerated")
            options = self.options(here)
            stack += [(self.step(here, d), [*steps, (here, d)]) for d in reversed(options)]


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
