"""What completions of a program add to its costs, and how many there are: counted from the end.

Comes in: the automaton. Goes out: for a state the sums of costs that are still possible with the
number of ways to each, or the number of ways whatever they cost, or the least and the most that is
added.
Everything is exact; every state below is found out on the way.
"""

from collections.abc import Iterable
from operator import add
from typing import Any

from ..expand.decisions import Reals
from .costs import Totals, plus
from .limit import SpaceLimit
from .process import Process
from .states import State, decisions_of, edge

MOST_SUMS = 2_000_000
Count = int | float


class Sums:
    """The sums of one space, each found out once."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._counts: dict[State, Count] = {}
        self._between: dict[State, tuple[Totals, Totals] | None] = {}
        self._kept = 0

    @property
    def nothing(self) -> Totals:
        """No cost."""
        required, counted = self.process.network.requirements.names, self.process.outlook.counted
        return (0,) * (len(required) + len(counted))

    def added(self, state: State, decision: Any) -> Totals:
        """What a decision adds whose edge is known."""
        return state.added.get(edge(state, decision), self.nothing)

    def between(self, state: State) -> tuple[Totals, Totals] | None:
        """The least and the most that completions add to each cost by itself; None where there is
        no completion.
        """
        if state.dead:
            return None
        if state.node is None:
            return self.nothing, self.nothing
        if state not in self._between:
            self._between[state] = self._between_of(state) if self.process.explore(state) else None
        return self._between[state]

    def _between_of(self, state: State) -> tuple[Totals, Totals] | None:
        least = most = None
        for decision in decisions_of(state.domain):
            rest = self.between(self.process.child(state, decision))
            if rest is None:
                continue
            added = self.added(state, decision)
            low, high = plus(added, rest[0]), plus(added, rest[1])
            least = low if least is None else tuple(map(min, least, low))
            most = high if most is None else tuple(map(max, most, high))
        return None if least is None or most is None else (least, most)

    def of(self, state: State) -> dict[Totals, Count]:
        """What completions add, with the number of traces for each: inf behind a real range."""
        if state.dead:
            return {}
        if state.node is None:
            return {self.nothing: 1}
        if state.bundle is None:
            if not self.process.explore(state):
                return {}
            found: dict[Totals, Count] = {}
            for decision in decisions_of(state.domain):
                self._collect(state, decision, found)
            if isinstance(state.domain, Reals):
                found = dict.fromkeys(found, float("inf"))
            self._kept += len(found)
            if self._kept > MOST_SUMS:
                raise SpaceLimit(f"there are more than {MOST_SUMS:,} sums of costs to tell apart")
            state.bundle = found
        return state.bundle

    def _collect(self, state: State, decision: Any, found: dict[Totals, Count]) -> None:
        child = self.process.child(state, decision)
        added = self.added(state, decision)
        rests = self.of(child)
        if added == self.nothing:
            for total, count in rests.items():
                found[total] = found.get(total, 0) + count
            return
        for rest, count in rests.items():
            total = tuple(map(add, added, rest))
            found[total] = found.get(total, 0) + count

    def reaches(self, state: State, missing: Iterable[Totals]) -> bool:
        """Whether some completion adds just one of these sums."""
        return not self.of(state).keys().isdisjoint(missing)

    def ways(self, state: State) -> Count:
        """The number of traces beyond a state, whatever they cost; inf with a real range."""
        if state.dead:
            return 0
        if state.node is None:
            return 1
        if state not in self._counts:
            if not self.process.explore(state):
                return 0
            found: Count = 0
            for item in decisions_of(state.domain):  # no `sum`: it would take room on the C stack
                found += self.ways(self.process.child(state, item))
            endless = found and isinstance(state.domain, Reals)
            self._counts[state] = float("inf") if endless else found
        return self._counts[state]


class Rounded(Sums):
    """Each cost rounded to whole grains, so that far fewer sums are to be told apart. With what is
    added rounded up, no more programs stay within bounds from above than do; rounded down, no
    fewer.
    """

    def __init__(self, process: Process, grains: Totals, *, up: bool) -> None:
        super().__init__(process)
        self._grains = grains
        self._up = up

    def rounded(self, costs: Totals) -> Totals:
        """Costs in whole grains."""
        more = [grain - 1 if self._up else 0 for grain in self._grains]
        items = zip(costs, more, self._grains, strict=True)
        return tuple([(item + extra) // grain * grain for item, extra, grain in items])

    def added(self, state: State, decision: Any) -> Totals:
        return self.rounded(super().added(state, decision))


def ways_known(state: State, known: dict[State, Count]) -> Count:
    """The number of ways from a state to the end over edges that have been found."""
    if state.node is None:
        return int(not state.dead)
    if state not in known:
        found: Count = 0
        for child in state.children.values():
            found += ways_known(child, known)
        endless = found and isinstance(state.domain, Reals)
        known[state] = float("inf") if endless else found
    return known[state]
