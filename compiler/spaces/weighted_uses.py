"""Drawing from the product of weights given validity, where each use of a block within itself is a
space of its own (`uses.py`).

Comes in: uses that are counted. Goes out: the decisions of a program, as likely as the product of
its options' weights. What a use adds to that is the mass of the ways to what flows out of it.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ..expand.decisions import Reals
from .random import Random, cumulate
from .states import DONE, State, decisions_of, weights_of
from .uses import Uses, Ways, exit_of, is_end

Mass = dict[State, Fraction]
"""By each end, how likely the ways to it are, valid or not being left to chance."""


class WeightedUses:
    """The masses of the uses of one network. They are fractions: of many choices they are small."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self._masses: dict[State, Mass] = {}
        self._tables: dict[tuple[State, State], tuple[list[Any], list[float]]] = {}

    def draw(self, random: Random) -> list[Any]:
        """The decisions of one program."""
        return list(self._drawn(self._uses.ways(), DONE, random))

    def _drawn(self, ways: Ways, end: State, random: Random) -> Iterator[Any]:
        state = ways.process.root()
        while state is not end:
            table = self._tables.get((state, end))
            if table is None:
                table = self._tables[state, end] = self._table(ways, state, end)
            decision = table[0][random.pick(table[1])]
            exit_ = exit_of(state, decision)
            if exit_ is not None:
                yield from self._drawn(exit_.within, exit_.end, random)
            elif isinstance(state.domain, Reals):
                low, high, log = state.domain.low, state.domain.high, state.domain.log
                yield random.between(low, high, logarithmic=log)
            else:
                yield decision
            state = ways.process.child(state, decision)

    def _table(self, ways: Ways, state: State, end: State) -> tuple[list[Any], list[float]]:
        """The decisions from which a way leads to an end, with cumulative masses."""
        masses = {
            decision: share * self._mass(ways, ways.process.child(state, decision)).get(end, 0)
            for decision, share in self._shares(state)
        }
        most = max(masses.values())
        kept = [decision for decision, mass in masses.items() if mass]
        return kept, cumulate([float(masses[decision] / most) for decision in kept])

    def _mass(self, ways: Ways, state: State) -> Mass:
        if state.dead:
            return {}
        if state is DONE or is_end(state):
            return {state: Fraction(1)}
        found = self._masses.get(state)
        if found is None:
            found = self._masses[state] = {}
            for decision, share in self._shares(state) if ways.of(state) else ():
                for end, mass in self._mass(ways, ways.process.child(state, decision)).items():
                    found[end] = found.get(end, Fraction(0)) + share * mass
        return found

    def _shares(self, state: State) -> Iterator[tuple[Any, Fraction]]:
        """How likely each decision is at a state, before validity is looked at."""
        weights = [Fraction(weight) for weight in weights_of(state.domain)]
        whole = sum(weights)
        for decision, weight in zip(decisions_of(state.domain), weights, strict=True):
            exit_ = exit_of(state, decision)
            if exit_ is None:
                yield decision, weight / whole
            else:
                ways = exit_.within
                yield decision, self._mass(ways, ways.process.root())[exit_.end]
