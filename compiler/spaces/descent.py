"""Drawing a program in program order, by the weights of the options that are still legal.

At each choice an option is drawn among all; if it proves dead it is struck out and another drawn.
That gives every live option its weight's share exactly, and needs no knowledge of the others. The
numbers at a choice depend on the stream, the depth and the attempt alone: what has been found out
before, by whom and in which order, changes nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..deep import deep_recursion
from ..expand.decisions import Domain, Reals
from ..expand.remembered import by_identity
from .ceiling import PATIENCE, Ceiling, Impatient, TooMuch
from .costs import Totals, plus
from .limit import SpaceLimit
from .random import Random, cumulate, scaled
from .required_costs import LAST_BUDGET
from .states import DONE, REAL, Place, State, decisions_of, edge, prefix_of, weights_of

if TYPE_CHECKING:
    from .walk import Step, Walk

OFTEN_REFUSED = 1_000
LONG_REFUSED = 20_000
MOST_REFUSED = 100_000


class Table:
    """The decisions of a domain as they are drawn, with cumulative weights."""

    __slots__ = ("cumulative", "decisions", "equal", "real", "total", "weights")

    def __init__(self, domain: Domain) -> None:
        self.real = domain if isinstance(domain, Reals) else None
        self.decisions: Sequence[Any] = decisions_of(domain)
        self.weights = weights_of(domain)
        self.cumulative = cumulate(self.weights)
        self.total = self.cumulative[-1]
        self.equal = len(set(self.weights)) == 1
        self.cumulative[-1] = float("inf")  # so that no rounding leads beyond the last

    def child(self, state: State, index: int) -> State | None:
        """Where a decision of a state leads, if that is known."""
        return state.children.get(REAL if self.real is not None else self.decisions[index])

    def decision(self, index: int, number: float) -> Any:
        """The decision at a position; in a real range the one at a number from 0 to 1."""
        return self.decisions[index] if self.real is None else number_in(self.real, number)


class Left:
    """The positions of a table that are not struck out."""

    __slots__ = ("_places", "_table", "_weights", "struck")

    def __init__(self, table: Table) -> None:
        self._table = table
        self.struck = 0
        self._places: list[int] = []  # listed once one of them is struck out
        self._weights: list[float] = []

    def __bool__(self) -> bool:
        return self.struck < len(self._table.decisions)

    def strike(self, index: int) -> None:
        """A position is no longer drawn."""
        if not self.struck:
            self._places = list(range(len(self._table.decisions)))
            self._weights = [] if self._table.equal else list(self._table.weights)
        at = bisect_left(self._places, index)
        del self._places[at]
        if self._weights:
            del self._weights[at]
        self.struck += 1

    def drawn(self, number: float) -> int:
        """The position at a number from 0 to 1 among those that are left."""
        table, places = self._table, self._places
        if not self.struck:
            return bisect_right(table.cumulative, number * table.total)
        if table.equal:
            return places[int(number * len(places))]
        sums = cumulate(self._weights)
        return places[min(bisect_right(sums, number * sums[-1]), len(places) - 1)]


def number_in(domain: Reals, number: float) -> float:
    """The real number at a part of a range."""
    return scaled(number, domain.low, domain.high, logarithmic=domain.log)


def table_of(state: State) -> Table:
    """The table of the state's domain: one for all states that have it."""
    found: Table | None = state.table
    if found is None:
        found = state.table = _table(state.domain)
    return found


@by_identity
def _table(domain: Domain) -> Table:
    return Table(domain)


def draw(walk: "Walk", random: Random) -> "list[Step]":
    """One trace. Over known ground this is a walk over tables; what is unknown on the way to the
    end is found out by one expansion.
    """
    walk.refresh()
    steps = None if walk.required else _followed(walk, random)
    if steps is None:
        with deep_recursion():
            steps = descend(walk, random, walk.origin())
    if steps is None:
        raise AssertionError("a space that holds a program has run dry")
    return steps


def _followed(walk: "Walk", random: Random) -> "list[Step] | None":
    """The steps of a draw that never has to go back; None for one that has to."""
    state = walk.process.root()
    steps: list[Any] = []
    depth = 0
    while state is not DONE:
        table = state.table or table_of(state)
        number = random.at(depth)
        index = bisect_right(table.cumulative, number * table.total)
        decision = table.decisions[index]
        child = state.children.get(REAL if state.real else decision)
        if child is None or child.dead:
            index, number, child = _found_out(walk, random, state, steps)
            if child is None:
                return None
            decision = table.decisions[index]
        if state.real:
            decision = table.decision(index, number)
        steps.append((state.known_place or state.place, decision))
        state = child
        depth += 1
    return steps


def _found_out(
    walk: "Walk", random: Random, state: State, steps: Sequence[Any]
) -> tuple[int, float, State | None]:
    """The position drawn at a state and where it leads, found out where nobody knows yet; no state
    where every decision proves dead.
    """
    table, depth = table_of(state), len(steps)
    ahead = Ahead(random, 0)
    while True:
        drawn = ahead.drawn(state, depth)
        if drawn is None:
            state.dead = True
            return 0, 0.0, None
        index, number = drawn
        child = table.child(state, index)
        if child is not None:
            return index, number, child
        # the last decision is left to the policy: refused, it is made anew where the expansion is
        walk.process.run([taken for _, taken in steps], ahead.policy, ahead.leads_on)
        if not state.dead and edge(state, table.decision(index, number)) not in state.children:
            return 0, 0.0, None  # the state was forgotten


@dataclass(slots=True)
class _Frame:
    """A choice on the way, with the positions that are not struck out there."""

    place: Place
    table: Table
    left: Left
    index: int = -1
    decision: Any = None


def descend(walk: "Walk", random: Random, place: Place) -> "list[Step] | None":
    """The steps of a program beyond a place, None where there is none. Raises SpaceLimit."""
    frames: list[_Frame] = []
    here: Place | None = place
    refused = 0
    while True:
        if here is not None and here.state is DONE and walk.costs.fulfilled(here.spent):
            return [(frame.place, frame.decision) for frame in frames]
        if here is not None and here.state.node is not None and not walk.is_dead(here):
            table = table_of(here.state)
            frames.append(_Frame(here, table, Left(table)))
        elif not frames:
            return None
        else:
            frames[-1].left.strike(frames[-1].index)
            if here is not None:
                walk.costs.note_dead(frames[-1].place, frames[-1].decision, here)
            refused += here is None or here.state is DONE or not walk.costs.affords(here.spent)
            _lose_patience(walk, refused)
        frame = frames[-1]
        if _choose(walk, frame, len(frames) - 1, random):
            here = _advance(walk, frame, len(frames), random)
        else:
            walk.bury(frame.place)
            frames.pop()
            here = frame.place


def _lose_patience(walk: "Walk", refused: int) -> None:
    if refused == PATIENCE:
        walk.costs.work_out()
    if refused == OFTEN_REFUSED:
        walk.costs.look_through()
    if refused == LONG_REFUSED:
        walk.costs.look_from_below(LAST_BUDGET)
    if refused > MOST_REFUSED:
        message = f"{MOST_REFUSED:,} programs in a row fail what is required of their costs"
        raise SpaceLimit(message, walk.process.budget.proved)


def _choose(walk: "Walk", frame: _Frame, depth: int, random: Random) -> bool:
    """Draws among the decisions that are not struck out; False where none is left."""
    table, state, left = frame.table, frame.place.state, frame.left
    while left:
        number = random.at(depth, left.struck)
        frame.index = left.drawn(number)
        frame.decision = table.decision(frame.index, number)
        if not _known_dead(walk, frame, table.child(state, frame.index)):
            return True
        left.strike(frame.index)
    return False


def _known_dead(walk: "Walk", frame: _Frame, child: State | None) -> bool:
    if frame.decision in walk.costs.dear_at(frame.place):
        return True
    if child is None or child.dead:
        return child is not None
    after = walk.step(frame.place, frame.decision)
    dead = walk.is_dead(after)
    if dead:
        walk.costs.note_dead(frame.place, frame.decision, after)
    return dead


def _advance(walk: "Walk", frame: _Frame, depth: int, random: Random) -> Place | None:
    """Where the decision leads; None where all that follows costs too much. One expansion finds out
    all that is unknown on the way to the end, deciding as the draw will.
    """
    place, decision = frame.place, frame.decision
    if frame.table.child(place.state, frame.index) is None:
        prefix = prefix_of(place.state)
        ceiling = walk.costs.ceiling(place, len(prefix))
        ahead = Ahead(random, depth - 1 - len(prefix), ceiling)
        if ceiling is None:
            prefix.append(decision)
        try:
            walk.process.run(prefix, ahead.policy, ahead.leads_on, ceiling)
        except TooMuch:
            pass  # it is noted
        except Impatient:
            walk.costs.work_out()
        if decision in walk.costs.dear_at(place):
            return None
    return walk.step(place, decision)


class Ahead:
    """Decides the rest of an expansion as the draw will, as far as states alone tell. `offset` is
    how much deeper the draw is than the expansion.
    """

    __slots__ = ("_struck", "ceiling", "offset", "random")

    def __init__(self, random: Random, offset: int, ceiling: Ceiling | None = None) -> None:
        self.random = random
        self.offset = offset
        self.ceiling = ceiling
        self._struck: dict[State, tuple[Left, int, float]] = {}

    def policy(self, state: State, depth: int, dear: Container[Any] = ()) -> Any:
        """The decision drawn among those that are not known to be dead, None where none is left."""
        drawn = self._affordable(state, depth, dear) if dear else self.drawn(state, depth)
        return None if drawn is None else state.table.decision(*drawn)

    def leads_on(self, state: State, depth: int, added: Totals = ()) -> bool:
        """Whether the way on from a state, before which so much was added, is known to the end of a
        program that does not cost too much.
        """
        here: State | None = state
        within = self.ceiling is None or self.ceiling.allowed(added)
        while here is not None and not here.dead and within:
            if here is DONE:
                return True
            if not here.children:
                return False
            table = table_of(here)
            number = self.random.at(depth + self.offset)
            index = bisect_right(table.cumulative, number * table.total)
            if self.ceiling is not None:
                decision = table.decision(index, number)
                before, added = added, self._paid(here, decision, added)
                within = self.ceiling.allows(here, before, decision, added)
            here = table.child(here, index)
            depth += 1
        return False

    @staticmethod
    def _paid(state: State, decision: Any, before: Totals) -> Totals:
        """What was added after a decision, as far as that is known."""
        added = state.added.get(edge(state, decision))
        return before if added is None else plus(before, added)

    def drawn(self, state: State, depth: int) -> tuple[int, float] | None:
        """The position drawn, with its number; the dead ones that come up are struck out."""
        table = state.table or table_of(state)
        number = self.random.at(depth + self.offset)
        index = bisect_right(table.cumulative, number * table.total)
        child = table.child(state, index)
        if child is None or not child.dead:
            return index, number
        return self._among_others(state, table, index, number, depth + self.offset)

    def _affordable(
        self, state: State, depth: int, dear: Container[Any]
    ) -> tuple[int, float] | None:
        """As `drawn`, of what does not cost too much."""
        table = table_of(state)
        left = Left(table)
        while left:
            number = self.random.at(depth + self.offset, left.struck)
            index = left.drawn(number)
            child = table.child(state, index)
            if table.decision(index, number) not in dear and not (child and child.dead):
                return index, number
            left.strike(index)
        return None

    def _among_others(
        self, state: State, table: Table, index: int, number: float, depth: int
    ) -> tuple[int, float] | None:
        """As it goes on after a first draw that is dead. It is kept how far it went, for what is
        dead stays so.
        """
        known = self._struck.get(state)
        left, index, number = known or (Left(table), index, number)
        while True:
            child = table.child(state, index)
            if child is None or not child.dead:
                self._struck[state] = left, index, number
                return index, number
            left.strike(index)
            if not left:
                return None
            number = self.random.at(depth, left.struck)
            index = left.drawn(number)
