"""The least that completions of a program add to a cost, searched forward from a place and no
further than what is allowed.

Comes in: the automaton, and a requirement that bounds one cost from above. Goes out: whether some
completion stays within the bound. The cheapest states are looked at first (A*: Hart, Nilsson and
Raphael 1968), so nothing dearer than the bound is ever expanded: `repeat(1..100k)` under a bound
that twenty turns use up costs twenty turns. What is found out about a state is kept.
"""

from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from .ceiling import NOTHING_DEAR, Ceiling, Dear, TooMuch, in_turn, loop_of
from .process import Process
from .states import DONE, State, decisions_of, edge, prefix_of

FEW = 3
"""So many decisions are worth an expansion that goes back for each."""
ENDLESS = 1 << 62
"""What is added where nothing completes a program."""


class _Way(NamedTuple):
    """A state, the decisions that led to it from where the search began, and what they added."""

    state: State
    before: "_Way | None"
    decision: Any
    added: int

    def decisions(self) -> list[Any]:
        found, way = [], self
        while way.before is not None:
            found.append(way.decision)
            way = way.before
        return found[::-1]


class Cheapest:
    """The least of one cost, whose place among the totals is `cost`."""

    def __init__(self, process: Process, cost: int) -> None:
        self.process = process
        self.cost = cost
        self._least: dict[State, int] = {}
        self._at_least: dict[State, int] = {}
        self._by_turns: dict[State, int] = {}

    def within(self, state: State, most: int) -> bool:
        """Whether a completion of the state adds so much at `most`."""
        least = self._least.get(state)
        if least is not None:
            return least <= most
        return self._at_least.get(state, 0) <= most and self._search(state, most)

    def turns_exceed(self, state: State, most: int) -> bool:
        """Whether it is known that the turns of a loop alone, whose number was decided just before
        the state, add more: more turns would too.
        """
        return self._by_turns.get(state, most) > most

    def _search(self, start: State, most: int) -> bool:
        order = count()
        loop = "" if start.before is None else loop_of(start.before)
        turns = bool(loop)  # whether nothing else was looked at
        first = _Way(start, None, None, 0)
        waiting: list[tuple[int, int, _Way]] = [(0, next(order), first)]
        seen: dict[State, int] = {start: 0}
        prefix = prefix_of(start)
        while waiting:
            total, _, way = heappop(waiting)
            if total > most:
                self._at_least[start] = total
                if turns:
                    self._by_turns[start] = total
                return False
            if way.state is DONE or way.state in self._least:
                self._note(way, total)
                return True
            if way.added > seen[way.state]:
                continue
            dear = self._explore(way, prefix, most)
            for decision in decisions_of(way.state.domain):
                if decision in dear:
                    beyond = _Way(_BEYOND, way, decision, most + 1)
                    heappush(waiting, (beyond.added, next(order), beyond))
                    continue
                after = self._after(way, decision, prefix, most)
                if after is None or seen.get(after.state, ENDLESS) <= after.added:
                    continue
                if after.state.node is None and after.state is not DONE:
                    turns = turns and after.state is _BEYOND
                    heappush(waiting, (after.added, next(order), after))
                    continue
                seen[after.state] = after.added
                rest = self._rest(after.state)
                turns = turns and not rest and in_turn(_name(after.state), loop)
                heappush(waiting, (after.added + rest, next(order), after))
        self._at_least[start] = ENDLESS
        return False

    def _rest(self, state: State) -> int:
        """What is known to be added beyond a state, at least."""
        return self._least.get(state) or self._at_least.get(state, 0)

    def _note(self, way: _Way | None, total: int) -> None:
        """The way is the cheapest of its first state, so also of all that it passes."""
        while way is not None:
            self._least[way.state] = total - way.added
            way = way.before

    def _explore(self, way: _Way, prefix: list[Any], most: int) -> Dear:
        """Where several decisions of a state are unknown, one expansion finds them all out. Goes
        out: those with which too much is added.
        """
        state = way.state
        unknown = len(decisions_of(state.domain)) - len(state.children)
        if state.real or state.dead or loop_of(state) or unknown < FEW:
            return NOTHING_DEAR
        taken = [*prefix, *way.decisions()]
        return self.process.fan(state, taken, len(prefix), lambda added: added[self.cost] <= most)

    def _after(self, way: _Way, decision: Any, prefix: list[Any], most: int) -> _Way | None:
        """Where a decision leads; None where it is refused."""
        state = way.state
        key = edge(state, decision)
        child = state.children.get(key)
        if child is None and state.dead:
            return None
        if child is None:
            taken = [*prefix, *way.decisions(), decision]
            ceiling = Ceiling(len(prefix), lambda added: added[self.cost] <= most)
            try:
                child = self.process.next(state, taken, ceiling)
            except TooMuch as end:
                return _Way(_BEYOND, way, decision, end.added[self.cost])
        if child.dead:
            return None
        added = state.added.get(key)
        return _Way(child, way, decision, way.added + (0 if added is None else added[self.cost]))


_BEYOND = State(None)
"""Where an expansion ended because what it had added was no longer allowed."""


def _name(state: State) -> str:
    return state.name
