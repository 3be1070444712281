"""Drawing from the product of weights given validity.

Drawn in program order, an option whose continuations are mostly dead is as likely as any other;
here each program is as likely as the product of its options' weights, as if invalid programs were
drawn and thrown away. The mass of what lies beyond a state is summed backwards over the automaton.
"""

from fractions import Fraction
from functools import cached_property
from typing import Any

from ..expand.decisions import Reals
from .costs import Totals, plus
from .limit import SpaceLimit
from .random import Random, cumulate
from .states import DONE, Place, State, decisions_of, edge, weights_of
from .sums import MOST_SUMS
from .walk import Step, Walk
from .within import Within

Mass = dict[Totals, Any]
LEAST_MASS = 1e-250
"""Below it floats lose their precision: masses are fractions there."""


class Weighted:
    """The masses of one space, found out once: numbers of the `kind`."""

    def __init__(self, walk: Walk, kind: type[float] | type[Fraction] = float) -> None:
        self.walk = walk
        self.kind: Any = kind
        self._masses: dict[State, Mass] = {}
        self._wholes: dict[State, Any] = {}
        self._tables: dict[Place, tuple[list[Any], list[float]]] = {}
        self._kept = 0

    def draw(self, random: Random) -> list[Step]:
        """One trace, as likely as the product of its weights given that it is valid."""
        place, steps = self.walk.start(), []
        while place.state is not DONE:
            decision = self._pick(place, random)
            steps.append((place, decision))
            place = self.walk.step(place, decision)
        return steps

    def _pick(self, place: Place, random: Random) -> Any:
        domain = place.state.domain
        if isinstance(domain, Reals):
            return random.between(domain.low, domain.high, logarithmic=domain.log)
        table = self._tables.get(place)
        if table is None:
            table = self._tables[place] = self._table(place)
        return table[0][random.pick(table[1])]

    def _table(self, place: Place) -> tuple[list[Any], list[float]]:
        kept, masses = [], []
        pairs = zip(decisions_of(place.state.domain), weights_of(place.state.domain), strict=True)
        for decision, weight in pairs:
            mass = self.kind(weight) * self.beyond(self.walk.step(place, decision))
            if mass > 0:
                kept.append(decision)
                masses.append(mass)
        if self.kind is not float:
            most = max(masses)
            masses = [float(mass / most) for mass in masses]
        elif max(masses, default=0.0) < LEAST_MASS:
            return self._exact._table(place)
        return kept, cumulate(masses)

    @cached_property
    def _exact(self) -> "Weighted":
        return Weighted(self.walk, Fraction)

    def beyond(self, place: Place) -> Any:
        """The probability that a program drawn from here without regard to validity is valid."""
        costs = self.walk.costs
        if not costs.any:
            return self._whole(place.state)
        if costs.bounds.whole:
            return self._within.beyond(place)
        rests = self._mass(place.state).items()
        return sum(mass for rest, mass in rests if costs.fulfilled(plus(place.spent, rest)))

    @cached_property
    def _within(self) -> Within:
        return Within(self.walk.costs.sums, self.walk.costs.bounds, self._whole, self._shares)

    def _shares(self, state: State) -> list[Any]:
        """The probability of each decision."""
        weights = [self.kind(weight) for weight in weights_of(state.domain)]
        whole = sum(weights)
        return [weight / whole for weight in weights]

    def _whole(self, state: State) -> Any:
        """The probability that a program is valid, whatever it costs."""
        if state.node is None:
            return self.kind(not state.dead)
        if state not in self._wholes:
            found = self.kind(0)
            if self.walk.process.explore(state):
                for decision, share in zip(
                    decisions_of(state.domain), self._shares(state), strict=True
                ):
                    found += share * self._whole(self.walk.process.child(state, decision))
            self._wholes[state] = found
        return self._wholes[state]

    def _mass(self, state: State) -> Mass:
        """What completions add, with the probability of each."""
        if state.dead:
            return {}
        if state.node is None:
            return {self.walk.costs.sums.nothing: self.kind(1)}
        if state not in self._masses:
            if not self.walk.process.explore(state):
                return {}
            found: Mass = {}
            for decision, share in zip(
                decisions_of(state.domain), self._shares(state), strict=True
            ):
                self._collect(state, decision, share, found)
            self._kept += len(found)
            if self._kept > MOST_SUMS:
                raise SpaceLimit(f"there are more than {MOST_SUMS:,} sums of costs to tell apart")
            self._masses[state] = found
        return self._masses[state]

    def _collect(self, state: State, decision: Any, share: Any, found: Mass) -> None:
        child = self.walk.process.child(state, decision)
        added = state.added.get(edge(state, decision), self.walk.costs.sums.nothing)
        for rest, mass in self._mass(child).items():
            total = plus(added, rest)
            found[total] = found.get(total, 0) + share * mass
