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

from collections.abc import Callable, Sequence
from itertools import product
from operator import sub
from typing import Any, NamedTuple

from .costs import INFINITE, Bounds, Totals, plus
from .limit import SpaceLimit
from .states import Place, State, decisions_of
from .sums import Sums

MOST_BANDS = 1_000_000
LOOKS = 4
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
    """The bands of a state, none of which meets another. Those as wide along each cost, doubled
    step by step, lie in cells of that width, and few in one: which of them holds is found in the
    cells where it may begin.
    """

    def __init__(self) -> None:
        self._by_widths: dict[Limits, dict[Limits, list[Band]]] = {}

    def __len__(self) -> int:
        return len(self._by_widths)

    def find(self, spent: Totals) -> Band | None:
        """The band that holds for what was spent."""
        for widths, cells in self._by_widths.items():
            sides = [
                (item // width, item // width - 1) if width != INFINITE else (0,)
                for item, width in zip(spent, widths, strict=True)
            ]
            for cell in product(*sides):
                for band in cells.get(cell, ()):
                    if band.holds(spent):
                        return band
        return None

    def add(self, band: Band) -> None:
        """Keeps one more."""
        sizes = map(sub, band.high, band.low)
        widths = tuple([INFINITE if size == INFINITE else _doubled(size) for size in sizes])
        places = zip(band.low, widths, strict=True)
        cell = tuple([low // width if width != INFINITE else 0 for low, width in places])
        self._by_widths.setdefault(widths, {}).setdefault(cell, []).append(band)


def _doubled(size: int | float) -> int:
    """The least power of two above a size."""
    return 1 << int(size).bit_length()


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
        self._lowest: Limits = (-INFINITE,) * len(bounds.low)
        self._highest: Limits = (INFINITE,) * len(bounds.low)
        self._ways: dict[State, list[_Way]] = {}
        self._bands: dict[State, Bands] = {}
        self._kept = 0
        self._looked = 0

    def beyond(self, place: Place) -> Any:
        """What the completions of a place are worth that stay within the bounds."""
        return self.band(place).worth

    def band(self, place: Place) -> Band:
        """The same, and for which costs it holds."""
        between = self._sums.between(place.state)
        if between is None:
            return Band(0, self._lowest, self._highest)
        return self._band(place.state, place.spent, *between)

    def _band(self, state: State, spent: Totals, least: Totals, most: Totals) -> Band:
        decided = self._at_once(state, spent, least, most)
        if decided is not None:
            return decided
        known = self._bands.get(state)
        if known is None:
            known = self._bands[state] = Bands()
        found = known.find(spent)
        if found is None:
            found = self._found_out(state, spent)
            known.add(found)
            self._note_kept()
            self._looked += len(self._ways[state]) + len(known)
            self._count_looks()
        return found

    def _count_looks(self) -> None:
        """Some looks for a band take as long as a layer."""
        work, self._looked = divmod(self._looked, LOOKS)
        self._count_work(work)

    def _note_kept(self) -> None:
        """Raises SpaceLimit where there are too many bands to keep."""
        self._kept += 1
        if self._kept > MOST_BANDS:
            self._bands.clear()
            self._kept = 0
            raise SpaceLimit(f"there are more than {MOST_BANDS:,} bands of costs to tell apart")

    def _at_once(self, state: State, spent: Totals, least: Totals, most: Totals) -> Band | None:
        """The band where all completions stay within the bounds, or none does."""
        sure = True
        bounds = zip(spent, least, most, self.bounds.low, self.bounds.high, strict=True)
        for cost, (before, few, many, low, high) in enumerate(bounds):
            if before + few > high:
                return Band(0, _at(self._lowest, cost, high - few + 1), self._highest)
            if before + many < low:
                return Band(0, self._lowest, _at(self._highest, cost, low - many - 1))
            sure = sure and before + many <= high and before + few >= low
        if not sure:
            return None
        lows = tuple([low - few for low, few in zip(self.bounds.low, least, strict=True)])
        highs = tuple([high - many for high, many in zip(self.bounds.high, most, strict=True)])
        return Band(self._worth(state), lows, highs)

    def _found_out(self, state: State, spent: Totals) -> Band:
        worth: Any = 0
        lows, highs = list(self._lowest), list(self._highest)
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
                    added = self._sums.added(state, decision)
                    ways.append(_Way(share, added, child, *between))
        return ways


def _at(limits: Limits, cost: int, limit: int | float) -> Limits:
    """The limits with another at one cost."""
    return (*limits[:cost], limit, *limits[cost + 1 :])
