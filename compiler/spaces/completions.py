"""How many completions of a place are what a space requires of costs.

Comes in: the sums of costs, and what is required of a whole program. Goes out: exact numbers. The
sums that whole programs have are put in order once, and those that fulfil what is required are a
few stretches of that order: one where a cost is bounded, and hardly more where it is bounded twice.
Tuples stay in order where the same is added to all of them, so the sums beyond any place that are
left for a stretch lie side by side too: their number is looked up between its two ends.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate, groupby

from .costs import Totals, minus, plus
from .states import Place, State
from .sums import Count, Sums

WORTH = 8
"""To look up one stretch takes as long as to ask of so many sums whether they fulfil it."""


class Completions:
    """The completions of one space, as they are reached from its first place."""

    def __init__(self, sums: Sums, first: Place, fulfilled: Callable[[Totals], bool]) -> None:
        self.first = first
        self._sums = sums
        self._fulfilled = fulfilled
        whole = sorted(plus(first.spent, rest) for rest in sums.of(first.state))
        runs = [list(run) for good, run in groupby(whole, fulfilled) if good]
        self._stretches = [(run[0], run[-1]) for run in runs]
        self._ordered: dict[State, tuple[list[Totals], list[Count]]] = {}

    def count(self, place: Place) -> Count:
        """The number beyond a place that is reached from the first one; inf with a real range."""
        found = self._sums.of(place.state)
        if len(found) > WORTH * len(self._stretches):
            rests, before = self._in_order(place.state, found)
            if before[-1] != float("inf"):  # no difference tells what is finite beside it
                return self._looked_up(place.spent, rests, before)
        return sum(n for rest, n in found.items() if self._fulfilled(plus(place.spent, rest)))

    def _looked_up(self, spent: Totals, rests: list[Totals], before: list[Count]) -> Count:
        number: Count = 0
        for least, most in self._stretches:
            first = bisect_left(rests, minus(least, spent))
            number += before[bisect_right(rests, minus(most, spent), first)] - before[first]
        return number

    def _in_order(
        self, state: State, found: dict[Totals, Count]
    ) -> tuple[list[Totals], list[Count]]:
        """The sums of a state in order, and how many completions come before each and at the
        end.
        """
        known = self._ordered.get(state)
        if known is None:
            rests = sorted(found)
            before = list(accumulate([found[rest] for rest in rests], initial=0))
            known = self._ordered[state] = rests, before
        return known
