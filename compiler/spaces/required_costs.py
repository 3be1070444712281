"""What a space requires of the costs of its programs, asked of places.

Comes in: requirements that sums can settle, the sizes that are counted, and a place. Goes out:
whether a valid program may lie beyond, as far as costs tell, how many do, and what an expansion may
add. Where a single cost is bounded from above, the least that completions add tells; where each
cost is bounded by itself, what completions stay within the bounds; otherwise the sums of costs do,
worked out from the end. Where that takes too long, the least of each bounded cost rules places out,
and where one is bounded from below, the most.
"""

from collections.abc import Sequence
from typing import Any

from ..expand.decisions import Reals
from .ceiling import NOTHING_DEAR, PATIENCE, Ceiling, Dear, loop_of
from .cheapest import Cheapest
from .completions import Completions
from .costs import INFINITE, Totals, minus, plus
from .limit import SpaceLimit
from .process import Process
from .states import Place, State, decisions_of
from .sums import Count, Rounded, Sums
from .within import Within

MOST_REMEMBERED = 200_000
BUDGET = 5_000
LAST_BUDGET = 100_000
"""What may be spent once it has been tried for long in vain to draw a program."""
MOST_WANTED = 100
"""Where no more totals fulfil what is required, it is asked which of them are within reach."""
GRAINS = (32, 128, 512)
"""Into so many parts a bound is divided, one after another, while sums are too many to count."""
GRAINS_BUDGET = 5_000
FEW_TURNS = 8
"""So many numbers of turns are looked at side by side for the cheapest."""


def first_place(process: Process) -> Place:
    """Where a space begins. Raises DeadEnd where even that is out of reach."""
    return Place(process.root(), process.start)


class RequiredCosts:
    """The costs of one space and what is known of them. `relaxed` leaves out what is required."""

    def __init__(self, process: Process, *, relaxed: bool = False) -> None:
        self.process = process
        self.sums = Sums(process)
        requirements, self.counted = process.network.requirements, process.outlook.counted
        self._named = len(requirements.names)  # so many costs stand before the counted sizes
        self.any = not relaxed and bool(requirements.statements or self.counted)
        counted = process.outlook.of_counted(process.outlook.most)
        self.bounds = requirements.bounds().beside(counted)
        above = self.bounds.above if self.any else ()
        self.cheapest = [Cheapest(process, cost) for cost in above]
        self._bounded = bool(above)
        self._single = self.bounds.only_above and len(above) == 1
        self._exact = self._tried = self._weighed = self._from_below = False
        self._looked_through = False
        self._wanted: list[Totals] | None = None  # costs of whole programs that are required
        self._within: Within | None = None
        self._completions: Completions | None = None
        self._holds: dict[Totals, bool] = {}
        self._dear: dict[Place, Dear] = {}  # what costs too much

    # --- what is required

    def fulfilled(self, totals: Totals) -> bool:
        """Whether a program with these costs is what the space requires."""
        if not self.any:
            return True
        if self.bounds.whole:
            return self.bounds.hold(totals)
        known = self._holds.get(totals)
        if known is None:
            known = self.process.outlook.allows(totals[self._named :])
            known = known and self.process.network.requirements.hold(totals[: self._named])
            if len(self._holds) > MOST_REMEMBERED:
                self._holds.clear()
            self._holds[totals] = known
        return known

    def affords(self, totals: Totals) -> bool:
        """Whether costs may still grow from here."""
        return not self._bounded or self.bounds.allow(totals)

    # --- what is within reach

    def work_out(self) -> None:
        """From now on the least of each cost that is bounded from above tells what is dead, and of
        a single one what is live; where more is required, what lies within reach does.
        """
        if not self._tried:
            self._tried = True
            if not self.bounds.only_above:
                self.look_through()

    def look_through(self) -> None:
        """From now on it is known exactly what is live, where that is not too much to find out."""
        if self._looked_through or self._single:
            return
        self._looked_through = True
        try:
            with self.process.budget.allowance(BUDGET):
                self._work_out(first_place(self.process))
        except SpaceLimit:
            self.look_from_below(BUDGET)
            return
        self._exact = True

    def _work_out(self, first: Place) -> None:
        if self.bounds.whole:
            self.within.beyond(first)
            return
        whole = {plus(first.spent, rest) for rest in self.sums.of(first.state)}
        wanted = [total for total in whole if self.fulfilled(total)]
        self._wanted = wanted if len(wanted) <= MOST_WANTED else None

    @property
    def within(self) -> Within:
        """What counts completions where every cost is bounded by itself."""
        if self._within is None:
            self._within = Within(self.sums, self.bounds, self.sums.ways, _shares)
        return self._within

    def look_from_below(self, budget: int) -> None:
        """Where a cost is bounded from below, what completions add at most is found out, if that
        costs no more than the budget; from then on it tells what is dead.
        """
        if self._exact or self._from_below or not self.bounds.below:
            return
        try:
            with self.process.budget.allowance(budget):
                self.sums.between(first_place(self.process).state)
        except SpaceLimit:
            return
        self._from_below = True

    def _within_reach(self, place: Place) -> bool:
        """Whether each cost by itself may come to be what is required."""
        between = self.sums.between(place.state)
        if between is None:
            return False
        least, most = [plus(place.spent, rest) for rest in between]
        return self.bounds.allow(least) and self.bounds.reach(most)

    def affordable(self, place: Place) -> bool | None:
        """Whether a completion costs what is required, once that is worked out; None where it is
        quicker to draw one.
        """
        if self._from_below and not self._within_reach(place):
            return False
        if self._exact:
            return self._completed(place)
        if not self._tried or not self.cheapest:
            return None
        if loop_of(place.state) and len(decisions_of(place.state.domain)) > FEW_TURNS:
            return None
        each = (least.within(place.state, self._left(place, least)) for least in self.cheapest)
        within = all(each)  # though not by one completion
        return within if not within or self._single else None

    def _completed(self, place: Place) -> bool:
        """Whether a completion costs what is required."""
        if self.bounds.whole:
            return bool(self.within.beyond(place))
        if self._wanted is not None:
            missing = [minus(total, place.spent) for total in self._wanted]
            return self.sums.reaches(place.state, missing)
        rests = self.sums.of(place.state)
        return any(self.fulfilled(plus(place.spent, rest)) for rest in rests)

    def _left(self, place: Place, least: Cheapest) -> int:
        """What may be added to one cost, each of which is bounded by itself."""
        return int(self.bounds.high[least.cost]) - place.spent[least.cost]

    # --- what costs too much

    def ceiling(self, place: Place, after: int) -> Ceiling | None:
        """What an expansion may add after its first decisions, which led to a place."""
        if not self._bounded:
            return None
        return Ceiling(
            after,
            lambda added: self.bounds.allow(plus(place.spent, added)),
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
        if not self._bounded or after.state.dead:
            return
        loop = loop_of(place.state)
        alone = loop and any(
            least.turns_exceed(after.state, self._left(after, least)) for least in self.cheapest
        )
        self.note_too_dear(place, decision, [f"{loop}.0"] if alone else [])

    # --- counting

    def count(self, place: Place) -> Count:
        """The number of completions that cost what is required, exactly."""
        self._weigh()
        if self.bounds.whole:
            found: Count = self.within.beyond(place)
            self._exact |= place == first_place(self.process)  # all is known now
            return found
        first = first_place(self.process)
        if self._completions is None or self._completions.first != first:  # states are forgotten
            self._completions = Completions(self.sums, first, self.fulfilled)
        return self._completions.count(place)

    def proved(self, place: Place, ways: Count) -> tuple[Count, Count]:
        """Between what the number of completions lies, of which there are so many `ways` whatever
        they cost, where it cannot be told exactly.
        """
        low: Count = 0
        if self.bounds.only_above:
            for parts in GRAINS:
                try:
                    with self.process.budget.allowance(GRAINS_BUDGET):
                        found = [self._rounded(place, parts, up=up) for up in (True, False)]
                except SpaceLimit:
                    break
                low, ways = max(low, found[0]), min(ways, found[1])
        return low, ways

    def _rounded(self, place: Place, parts: int, *, up: bool) -> Count:
        grains = tuple([max(1, int(high) // parts) for high in self.bounds.high])
        sums = Rounded(self.process, grains, up=up)
        within = Within(sums, self.bounds, self.sums.ways, _shares)
        found: Count = within.beyond(Place(place.state, sums.rounded(place.spent)))
        return found

    def _weigh(self) -> None:
        """Where sizes are counted, whether any program is too large after all. Raises Apart where
        none is: then they need not be counted.
        """
        if not self.counted or self._weighed:
            return
        self._weighed = True
        first = first_place(self.process)
        between = self.sums.between(first.state)
        if between is not None and self.process.outlook.allows(
            plus(first.spent, between[1])[self._named :]
        ):
            self.process.stop_counting_sizes()


def _shares(state: State) -> Sequence[Count]:
    """Each decision counts once; one of a real range stands for endlessly many."""
    endless = isinstance(state.domain, Reals)
    return [INFINITE if endless else 1] * len(decisions_of(state.domain))
