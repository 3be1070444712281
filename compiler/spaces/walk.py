"""Walking a space: where one stands, what may be decided there, and what lies beyond.

A place is a state of the automaton and the costs spent on the way to it. Without requirements on
costs only the state matters, and all is lazy; with them, the sums that can still be added are
worked out from the end, exactly.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...grammar.diagnostic import ProgramError, Report
from .. import errors
from ..expand.decisions import Reals
from .costs import OpenCost, Totals
from .process import (
    DONE,
    REAL,
    DeadEnd,
    Path,
    Process,
    SpaceLimit,
    State,
    decisions_of,
    edge,
    weights_of,
)
from .random import Random, cumulate
from .trace import Decision, Trace, value_of

MOST_SUMS = 2_000_000


class Place(NamedTuple):
    """A state, and the costs of the decisions that led to it."""

    state: State
    spent: Totals


Step = tuple[Place, Any]
Weigh = Callable[[Place, Any], float]


class Walk:
    """The places of one space."""

    def __init__(self, process: Process, *, relaxed: bool = False) -> None:
        """`relaxed` leaves out what is required of costs."""
        self.process = process
        self.required = bool(process.requirements.statements) and not relaxed
        self._counts: dict[State, int | float] = {}
        self._holds: dict[Totals, bool] = {}
        self._live: dict[Place, bool] = {}
        self._tables: dict[Place, tuple[Sequence[Any], Sequence[float]]] = {}
        self._sums = 0
        self.nothing: Totals = (0,) * len(process.requirements.names)

    def start(self) -> Place:
        """The first place. Raises ProgramError where the space holds no valid program."""
        try:
            root = self.process.root()
            place = Place(root, self.process.start)
            if self.live(place):
                return place
        except DeadEnd as end:
            raise ProgramError([Report(end.diagnostic)]) from None
        except OpenCost as cost:
            span = self.process.requirements.statements[0].span
            found = errors.facts.CostNeedsSizes(span, cost.name, cost.value)
            raise ProgramError([Report(found)]) from None
        raise ProgramError([Report(self._emptiness(root))])

    def _emptiness(self, root: State) -> Any:
        """Why nothing is left: the last choice before the end of every way, and what stopped it."""
        state, reasons = root, []
        while True:
            children = list(state.children.values())
            reasons = [child.reason.message() for child in children if child.reason is not None]
            deeper = [child for child in children if child.site is not None]
            if reasons or not deeper:
                break
            state = deeper[0]
        if not reasons:
            reasons = [
                f"no program fulfils `{s.span.text}`" for s in self.process.requirements.statements
            ]
        if state.site is None:
            return errors.spaces.EmptySpace(
                self.process.requirements.statements[0].span, "the requirements", tuple(reasons)
            )
        return errors.spaces.EmptySpace(
            state.site.node.span, state.site.name, tuple(dict.fromkeys(reasons))[:5]
        )

    # --- what is possible

    def step(self, place: Place, decision: Any) -> Place:
        """Where a decision leads."""
        state = self.process.child(place.state, decision)
        added = place.state.added.get(edge(place.state, decision), ())
        return Place(state, tuple(a + b for a, b in zip(place.spent, added, strict=False)))

    def live(self, place: Place) -> bool:
        """Whether a valid program lies beyond."""
        state = place.state
        if state.site is None:
            return not state.dead and self.fulfilled(place.spent)
        if not self.required:
            return self.process.settle(state)
        if place not in self._live:
            self._live[place] = self._affordable(place)
        return self._live[place]

    def _affordable(self, place: Place) -> bool:
        requirements = self.process.requirements
        if len(requirements.names) == 1 and requirements.only_bounds_above():
            least = self.least(place.state)
            return least is not None and self.fulfilled((place.spent[0] + least,))
        return any(self.fulfilled(_sum(place.spent, rest)) for rest in self.sums(place.state))

    def fulfilled(self, totals: Totals) -> bool:
        """Whether a program with these costs is what the space requires."""
        if not self.required:
            return True
        if totals not in self._holds:
            self._holds[totals] = self.process.requirements.hold(totals)
        return self._holds[totals]

    def options(self, place: Place) -> list[Any]:
        """The decisions after which the program can still be completed, in order; REAL for a
        range.
        """
        domain = place.state.domain
        live = [item for item in decisions_of(domain) if self.live(self.step(place, item))]
        return [REAL] if live and isinstance(domain, Reals) else live

    def least(self, state: State) -> int | None:
        """The least that any completion adds to the one cost required, None where there is none."""
        if state.site is None:
            return None if state.dead else 0
        if state.least is None:
            found = [self._least_by(state, item) for item in decisions_of(state.domain)]
            known = [item for item in found if item is not None]
            state.least = (min(known),) if known else (-1,)
        return None if state.least == (-1,) else state.least[0]

    def _least_by(self, state: State, decision: Any) -> int | None:
        rest = self.least(self.process.child(state, decision))
        return None if rest is None else rest + state.added[edge(state, decision)][0]

    def sums(self, state: State) -> dict[Totals, float]:
        """What completions add, with the number of traces for each; the number is inf behind a real
        range.
        """
        if state.site is None:
            return {} if state.dead else {self.nothing: 1}
        if state.bundle is None:
            found: dict[Totals, float] = {}
            for decision in decisions_of(state.domain):
                self._collect(state, decision, found)
            if isinstance(state.domain, Reals):
                found = dict.fromkeys(found, float("inf"))
            self._sums += len(found)
            if self._sums > MOST_SUMS:
                raise SpaceLimit(f"there are more than {MOST_SUMS:,} sums of costs to tell apart")
            state.bundle = found
        return state.bundle

    def _collect(self, state: State, decision: Any, found: dict[Totals, float]) -> None:
        child = self.process.child(state, decision)
        added = state.added.get(edge(state, decision))
        for rest, count in self.sums(child).items():
            total = _sum(added or (), rest)
            found[total] = found.get(total, 0) + count

    def count(self, place: Place) -> int | float:
        """The number of valid traces beyond a place, exactly."""
        if not self.required:
            return self._plain_count(place.state)
        found = self.sums(place.state)
        total = sum(n for rest, n in found.items() if self.fulfilled(_sum(place.spent, rest)))
        return total if total == float("inf") else int(total)

    def _plain_count(self, state: State) -> int | float:
        """The number of traces beyond a state, whatever they cost."""
        if state.site is None:
            return int(not state.dead)
        if state not in self._counts:
            children = [self.process.child(state, item) for item in decisions_of(state.domain)]
            found = sum(self._plain_count(child) for child in children)
            endless = found and isinstance(state.domain, Reals)
            self._counts[state] = float("inf") if endless else found
        return self._counts[state]

    def bounds(self) -> tuple[int, float]:
        """What is proved of the number of traces when counting was given up: the ways to the end
        that are known, and with requirements the number without them.
        """
        if self.required:
            try:
                return 1, Walk(self.process, relaxed=True).count(self.start())
            except SpaceLimit:
                return 1, float("inf")
        known: dict[State, int] = {}
        return max(1, _ways_known(self.start().state, known)), float("inf")

    def total(self, steps: Sequence[Step]) -> Totals:
        """What the program of these steps costs."""
        place, decision = steps[-1] if steps else (self.start(), None)
        return self.step(place, decision).spent if steps else place.spent

    # --- drawing

    def draw(self, random: Random) -> list[Step]:
        """One trace: in program order, by the weights of the options that are left."""
        if self.required:
            return self.complete(self.start(), random)
        return self._draw_lazily(random)

    def complete(self, place: Place, random: Random) -> list[Step]:
        """Draws from a live place to the end."""
        steps = []
        while place.state is not DONE:
            decision = self.pick(place, random)
            steps.append((place, decision))
            place = self.step(place, decision)
        return steps

    def pick(self, place: Place, random: Random) -> Any:
        """One of the live decisions by its weight."""
        domain = place.state.domain
        if isinstance(domain, Reals):
            return random.between(domain.low, domain.high, logarithmic=domain.log)
        found = self._tables.get(place)
        if found is None:
            pairs = zip(decisions_of(domain), weights_of(domain), strict=True)
            kept = [(d, w) for d, w in pairs if w > 0 and self.live(self.step(place, d))]
            found = [d for d, _ in kept], cumulate([w for _, w in kept])
            self._tables[place] = found
        return found[0][random.pick(found[1])]

    def first(self, place: Place) -> Any:
        """The first live decision; of a real range, its middle."""
        decisions = decisions_of(place.state.domain)
        return next(item for item in decisions if self.live(self.step(place, item)))

    def _draw_lazily(self, random: Random) -> list[Step]:
        """As `complete`, finding out on the way what is possible: only what is proved dead is left
        out, so the draw is exact, and one expansion serves for all the unknown choices of a
        program.
        """
        state = self.process.root()
        path: Path = []
        choose = partial(self._hopeful, random=random)
        while state is not DONE:
            decision = choose(state)
            if decision is None:
                state.dead = True
                if not path:
                    raise ProgramError([Report(self._emptiness(self.process.root()))])
                state, _ = path.pop()
                continue
            path.append((state, decision))
            known = state.children.get(edge(state, decision))
            if known is not None:
                state = known
                continue
            path, expansion = self.process.run([item for _, item in path], choose)
            if expansion is not None:
                break
            state, _ = path.pop()
        return [(Place(state, ()), decision) for state, decision in path]

    def _hopeful(self, state: State, random: Random) -> Any:
        """One of the decisions that are not known to be dead, None where all are."""
        domain = state.domain
        if isinstance(domain, Reals):
            child = state.children.get(REAL)
            alive = child is None or not child.dead
            return (
                random.between(domain.low, domain.high, logarithmic=domain.log) if alive else None
            )
        place = Place(state, ())
        found = self._tables.get(place)
        while True:
            if found is None:
                found = self._tables[place] = _hopes(state)
            if not found[0]:
                return None
            decision = found[0][random.pick(found[1])]
            child = state.children.get(decision)
            if child is None or not child.dead:
                return decision
            found = None

    def draw_uniformly(self, random: Random) -> list[Step]:
        """One trace, every valid one equally likely. Raises SpaceLimit where they cannot be
        counted.
        """
        place = self.start()
        number = self.count(place)
        if number == float("inf"):
            raise ValueError("a space with a real range has no uniform distribution over traces")
        rank = random.below(int(number))
        steps = []
        while place.state is not DONE:
            decision, rank = self._ranked(place, rank)
            steps.append((place, decision))
            place = self.step(place, decision)
        return steps

    def _ranked(self, place: Place, rank: int) -> tuple[Any, int]:
        """The decision below which the trace of a rank lies, and its rank there."""
        for decision in decisions_of(place.state.domain):
            below = int(self.count(self.step(place, decision)))
            if rank < below:
                return decision, rank
            rank -= below
        raise AssertionError(rank)

    def enumerate(self, place: Place | None = None) -> Iterator[list[Step]]:
        """Every trace, in a fixed order. Raises ValueError at a real range."""
        stack: list[tuple[Place, list[Step]]] = [(place or self.start(), [])]
        while stack:
            here, steps = stack.pop()
            if here.state is DONE:
                yield steps
                continue
            if isinstance(here.state.domain, Reals):
                raise ValueError(
                    "a space with a real range cannot be enumerated: give the range a step"
                )
            options = self.options(here)
            stack += [(self.step(here, d), [*steps, (here, d)]) for d in reversed(options)]


def _hopes(state: State) -> tuple[Sequence[Any], Sequence[float]]:
    pairs = zip(decisions_of(state.domain), weights_of(state.domain), strict=True)
    children = state.children
    kept = [(d, w) for d, w in pairs if w > 0 and not (d in children and children[d].dead)]
    return [d for d, _ in kept], cumulate([w for _, w in kept])


def _ways_known(state: State, known: dict[State, int]) -> int:
    """The number of ways from a state to the end over edges that have been found."""
    if state.site is None:
        return int(not state.dead)
    if state not in known:
        known[state] = sum(_ways_known(child, known) for child in state.children.values())
    return known[state]


def _sum(left: Totals, right: Totals) -> Totals:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def trace_of(steps: Sequence[Step]) -> Trace:
    """The steps as a trace."""
    found = []
    for place, decision in steps:
        site = place.state.site
        assert site is not None
        found.append(Decision(site.name, value_of(site.domain, decision)))
    return tuple(found)
