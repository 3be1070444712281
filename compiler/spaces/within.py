"""How much lies beyond a place of which every cost is bounded by itself.

Comes in: the automaton, bounds, and what completions are worth where no bound matters: one each,
where they are counted, or their probability. Goes out: what the completions of a place are worth
that stay within the bounds, exactly.

What was spent on the way to a state matters only as far as it decides which completions stay
within the bounds. Where all do, or none does, nothing is left to ask; elsewhere it is the same for
all that was spent between the same thresholds. So with each answer it is kept for which costs it
holds, a band, and a sum that falls into a known band is not looked at again. A bound on parameters
and one on operations, whose sums are millions, have some thousand bands.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .costs import INFINITE, Bounds, Totals, plus
from .states import Place, State, decisions_of, edge
from .sums import Sums

MOST_BANDS = 500_000
Limits = tuple[int | float, ...]


class Band(NamedTuple):
    """What completions of a state are worth that stay within the bounds, the same for all that was
    spent from `low` to `high`.
    """

    worth: Any
    low: Limits
    high: Limits

    def holds(self, spent: Totals) -> bool:
        """Whether it is told for what was spent."""
        for low, item, high in zip(self.low, spent, self.high, strict=True):
            if not low <= item <= high:
                return False
        return True


class _Way(NamedTuple):
    """Where a decision leads: its share, what it adds, and what completions add to each cost at
    least and at most.
    """

    share: Any
    added: Totals
    state: State
    least: Totals
    most: Totals


class Bands:
    """Bands by the cost numbered `cost`: which of them holds is found by the width of each there,
    doubled step by step, since one of at most so many begins no further below.
    """

    def __init__(self, cost: int) -> None:
        self.cost = cost
        self.looked_at = 0
        self._by_width: dict[int | float, tuple[list[int | float], list[Band]]] = {}

    def find(self, spent: Totals) -> Band | None:
        here = spent[self.cost]
        for width, (lows, bands) in self._by_width.items():
            place = bisect_right(lows, here) - 1
            while place >= 0 and lows[place] > here - width:
                self.looked_at += 1
                if bands[place].holds(spent):
                    return bands[place]
                place -= 1
        return None

    def add(self, band: Band) -> None:
        low = band.low[self.cost]
        width = band.high[self.cost] - low
        if width != INFINITE:
            width = 1 << int(width).bit_length()
        lows, bands = self._by_width.setdefault(width, ([], []))
        place = bisect_right(lows, low)
        lows.insert(place, low)
        bands.insert(place, band)


class Within:
    """The bands of one space, each found out once. `worth` tells of a state what all its
    completions are worth, `shares` by what each of its decisions is multiplied.
    """

    def __init__(
        self,
        sums: Sums,
        bounds: Bounds,
        worth: Callable[[State], Any],
        shares: Callable[[State], Sequence[Any]],
    ) -> None:
        self.bounds = bounds
        self._sums = sums
        self._worth = worth
        self._shares = shares
        self._count_work = sums.process.budget.count_work
        self._anywhere: Limits = (-INFINITE,) * len(bounds.low)
        self._nowhere: Limits = (INFINITE,) * len(bounds.low)
        self._ways: dict[State, list[_Way]] = {}
        self._bands: dict[tuple[State, int], Bands] = {}
        self._kept = 0

    def beyond(self, place: Place) -> Any:
        """What the completions of a place are worth that stay within the bounds."""
        return self.band(place).worth

    def band(self, place: Place) -> Band:
        """The same, and for which costs it holds."""
        between = self._sums.between(place.state)
        if between is None:
            return Band(0, self._anywhere, self._nowhere)
        if self._kept > MOST_BANDS:  # they are found out again
            self._bands.clear()
            self._kept = 0
        return self._band(place.state, place.spent, *between)

    def _band(self, state: State, spent: Totals, least: Totals, most: Totals) -> Band:
        decided, cost = self._at_once(state, spent, least, most)
        if decided is not None:
            return decided
        known = self._bands.get((state, cost))
        if known is None:
            known = self._bands[state, cost] = Bands(cost)
        looked_at = known.looked_at
        found = known.find(spent)
        if found is None:
            found = self._found_out(state, spent)
            known.add(found)
            self._kept += 1
            self._count_work(len(self._ways[state]) + known.looked_at - looked_at)
        return found

    def _at_once(
        self, state: State, spent: Totals, least: Totals, most: Totals
    ) -> tuple[Band | None, int]:
        """The band where all completions stay within the bounds, or none; else the first cost of
        which that is not sure.
        """
        unsure = -1
        bounds = zip(spent, least, most, self.bounds.low, self.bounds.high, strict=True)
        for cost, (before, few, many, low, high) in enumerate(bounds):
            if before + few > high:
                return Band(0, _at(self._anywhere, cost, high - few + 1), self._nowhere), cost
            if before + many < low:
                return Band(0, self._anywhere, _at(self._nowhere, cost, low - many - 1)), cost
            if unsure < 0 and (before + many > high or before + few < low):
                unsure = cost
        if unsure >= 0:
            return None, unsure
        lows = tuple([low - few for low, few in zip(self.bounds.low, least, strict=True)])
        highs = tuple([high - many for high, many in zip(self.bounds.high, most, strict=True)])
        return Band(self._worth(state), lows, highs), unsure

    def _found_out(self, state: State, spent: Totals) -> Band:
        worth: Any = 0
        lows, highs = list(self._anywhere), list(self._nowhere)
        for share, added, child, least, most in self._ways_of(state):
            band = self._band(child, plus(spent, added), least, most)
            if band.worth:  # endless shares of nothing are nothing
                worth += share * band.worth
            for cost, more in enumerate(added):
                lows[cost] = max(lows[cost], band.low[cost] - more)
                highs[cost] = min(highs[cost], band.high[cost] - more)
        return Band(worth, tuple(lows), tuple(highs))

    def _ways_of(self, state: State) -> list[_Way]:
        ways = self._ways.get(state)
        if ways is None:
            ways = self._ways[state] = []
            for decision, share in zip(
                decisions_of(state.domain), self._shares(state), strict=True
            ):
                child = self._sums.process.child(state, decision)
                between = self._sums.between(child)
                if between is not None:
                    added = state.added.get(edge(state, decision), self._sums.nothing)
                    ways.append(_Way(share, added, child, *between))
        return ways


def _at(limits: Limits, cost: int, limit: int | float) -> Limits:
    """The limits with another at one cost."""
    return (*limits[:cost], limit, *limits[cost + 1 :])
