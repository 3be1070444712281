"""The automaton of a space: its states, the decisions that each allows, and where they lead.

The checker expands the program and stops at every open choice; what the rest of the expansion
depends on (`expand/holding.py`) identifies the state it is in. So the space becomes an automaton,
found out lazily: a known edge is followed in a table, an unknown one costs one expansion. A state
is dead when every decision in it is, and only what is proved dead is ever left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Step
from .. import errors
from ..cost import batch_axes
from ..deep import deep_recursion
from ..expand import networks
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.decisions import Reals, Site
from ..expand.environment import Environment
from ..expand.holding import fingerprint
from ..expand.naming import Names
from ..expand.session import Limits, Session
from ..expand.values import FunctionReference, decisions_key
from ..facts import Facts
from ..graph import Graph
from . import training
from .costs import Meter, OpenCost, Requirements, Totals, deferrable
from .states import DONE, REAL, Path, Policy, State, candidates, decisions_of, edge, first_open

MOST_LISTED = 4096


class SpaceLimit(Exception):
    """A question about a space needs more states than the budget allows. `bounds` is what is
    proved.
    """

    def __init__(self, message: str, low: float = 0, high: float = float("inf")) -> None:
        self.low, self.high = low, high
        super().__init__(message)


class DeadEnd(Exception):
    """The decisions so far make a program that the checker refuses."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.code)


class _Deciding(Session):
    """A session in which the first error ends the expansion."""

    __slots__ = ()

    def report(self, diagnostic: Diagnostic, trail: tuple[Step, ...] = ()) -> None:
        if diagnostic.severity == "error":
            raise DeadEnd(diagnostic)


def train_blocks(program: ast.Program, network: str) -> tuple[ast.Settings, ...]:
    """The `train` blocks of a network, whose choices belong to its space."""
    blocks = (item for item in program.declarations if isinstance(item, ast.Settings))
    return tuple(item for item in blocks if item.kind == "train" and item.network == network)


@dataclass(slots=True)
class Expansion:
    """A program that was expanded to its end."""

    graph: Graph
    decided: Mapping[tuple[str, int], Any]
    applied: Mapping[tuple[str, int], tuple[str, Any]]
    values: Mapping[tuple[str, int], Any]


@dataclass(slots=True)
class Process:
    """The states of one network with open choices, as far as they are known.

    `budget` is how many expansions a question may cost before `SpaceLimit` is raised; `train` holds
    the blocks whose choices belong to the space.
    """

    reference: FunctionReference
    overrides: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    budget: int = 200_000
    train: Sequence[ast.Settings] = ()
    runs: int = 0
    states: dict[Any, State] = field(default_factory=dict)
    entered: set[int] = field(default_factory=set)
    unproved: list[State] = field(default_factory=list)
    _root: State | None = None
    _names: dict[int, tuple[object, Names]] = field(default_factory=dict)
    _spent: int = 0
    requirements: Requirements = field(init=False)
    start: Totals = ()

    def __post_init__(self) -> None:
        env = Environment(self.reference.home)
        for name, value in self.overrides.items():
            env.replace(name, value, self.reference.function.span)
        self.requirements = deferrable(self.reference.function.body, env)

    def root(self) -> State:
        """The first choice; DONE where there is none. Raises DeadEnd where even that is out of
        reach.
        """
        if self._root is None:
            self.run([], first_open)
        assert self._root is not None
        return self._root

    def begin(self, state: State, added: Totals) -> None:
        """The first choice, and what stands before it."""
        self._root = state
        self.start = added

    # --- expanding

    def run(self, prefix: Sequence[Any], policy: Policy) -> tuple[Path, Expansion | None]:
        """Expands with the decisions of `prefix`, then those of `policy`.

        Returns the path taken, and the program at its end, or None where the last decision of the
        path proved dead.
        """
        found = self._expanded(prefix, policy)
        while self.unproved:
            self._prove(self.unproved.pop())
        return found

    def _prove(self, state: State) -> None:
        """A number from a real range decides nothing: its ends lead where any number does."""
        assert isinstance(state.domain, Reals)
        ends = state.domain.low, state.domain.high
        runs = [
            self._expanded([*self.prefix(state), end], first_open, whole=True)[1] for end in ends
        ]
        low, high = runs
        if low is not None and high is not None and low.graph.values != high.graph.values:
            reason = errors.spaces.RealDecides(state.place_of_choice())
            self._bury([(state, ends[0])], reason)

    def _expanded(
        self, prefix: Sequence[Any], policy: Policy, *, whole: bool = False
    ) -> tuple[Path, Expansion | None]:
        self.runs += 1
        self._spent += 1
        if self._spent > self.budget:
            raise SpaceLimit(f"the budget of {self.budget:,} expansions is used up")
        walk = _Walk(self, prefix, policy, whole=whole)
        try:
            expansion = self.expand(walk)
            walk.finish(expansion.graph)
        except _Stuck:
            return walk.path, None
        except _Known as known:
            for state, _ in walk.path:
                state.live = state.live or known.live
            return walk.path, None
        except DeadEnd as end:
            self._bury(walk.path, end.diagnostic)
            return walk.path, None
        except OpenCost as cost:
            span = self.requirements.statements[0].span
            self._bury(walk.path, errors.facts.CostNeedsSizes(span, cost.name, cost.value))
            return walk.path, None
        for state, _ in walk.path:
            state.live = True
        return walk.path, expansion

    def replay(self, decisions: Sequence[Any]) -> Expansion:
        """The program of decisions that are known to be valid."""
        return self.expand(_Replay(), exploring=False, replayed=iter(decisions))

    def expand(
        self, decider: Any, *, exploring: bool = True, replayed: Iterator[Any] | None = None
    ) -> Expansion:
        """One expansion of the network, decided by `decider`; what states depend on is kept while
        it explores. Raises DeadEnd.
        """
        session = _Deciding(self.limits, axes=self.axes)
        session.decider, session.entered = decider, self.entered
        session.replayed = replayed
        session.holds = [] if exploring else None
        session.deferred = frozenset(id(item) for item in self.requirements.statements)
        session._names = self._names
        with deep_recursion():
            text = self.reference.function.span.source.text
            graph = networks.expand(self.reference, self.overrides, session, text)
            training.decide(self.train, self.reference.home, session)
        assert graph is not None
        return Expansion(graph, session.decided, session.applied, session.meant)

    def _bury(self, path: Path, reason: Diagnostic) -> None:
        if not path:
            raise DeadEnd(reason)
        state, decision = path[-1]
        key = edge(state, decision)
        if key is REAL and key in state.children:  # other numbers of the range lead on
            reason = errors.spaces.RealDecides(state.place_of_choice())
            for other in self.states.values():
                other.live = False
        grave = State(None, (state, decision))
        grave.live, grave.dead, grave.reason = False, True, reason
        state.children[key] = grave

    def meet(self, site: Site, context: Context, path: Path) -> State:
        """The state of this moment, new or known."""
        assert context.session.holds is not None
        site = Site(f"{self.reference.function.name}.{site.name}", site.domain, site.node)
        key = (
            site.name,
            id(site.node),
            tuple(fingerprint(item) for item in context.session.holds),
            context.builder.facts.assumptions,
            decisions_key(context.frozen),
            tuple((name, fingerprint(value)) for name, value in context.session.lets.items()),
        )
        state = self.states.get(key)
        if state is None:
            state = self.states[key] = State(site, path[-1] if path else None)
        return state

    # --- questions

    def begin_question(self) -> None:
        """Each question from outside has the whole budget."""
        self._spent = 0

    @contextmanager
    def allowance(self, budget: int) -> Iterator[None]:
        """A part of a question that may cost so much at most."""
        spent, whole = self._spent, self.budget
        self._spent, self.budget = 0, min(budget, whole)
        try:
            yield
        finally:
            self._spent, self.budget = spent, whole

    def prefix(self, state: State) -> list[Any]:
        """Decisions that lead to a state."""
        found = []
        while state.origin is not None:
            state, decision = state.origin
            found.append(decision)
        return found[::-1]

    def child(self, state: State, decision: Any) -> State:
        """Where a decision leads."""
        key = edge(state, decision)
        if key not in state.children:
            self.run([*self.prefix(state), decision], first_open)
        return state.children[key]

    def settle(self, state: State) -> bool:
        """Whether any program lies beyond a state."""
        while not (state.live or state.dead):
            decision = next(candidates(state), None)
            if decision is None:
                state.dead = True
            elif self.settle(self.child(state, decision)):
                state.live = True
        return state.live

    def options(self, state: State) -> list[Any]:
        """The decisions after which the program can still be completed, in order."""
        domain = state.domain
        if isinstance(domain, Reals):
            return [REAL] if self.settle(self.child(state, decisions_of(domain)[0])) else []
        return [item for item in decisions_of(domain) if self.settle(self.child(state, item))]


class _Replay:
    """Decides as it was decided before."""

    def decide(self, site: Site, context: Context) -> Any:
        return next(context.session.replayed)  # type: ignore[arg-type]


class _Stuck(Exception):
    """The walk came to a state that is known to be dead."""


class _Known(Exception):
    """The walk came to a state of which it is known whether it is live."""

    def __init__(self, live: bool) -> None:
        self.live = live


class _Walk:
    """Decides an expansion and notes the states it passes."""

    def __init__(
        self, process: Process, prefix: Sequence[Any], policy: Policy, *, whole: bool
    ) -> None:
        """`whole`: to the end, though what lies there be known."""
        self.process = process
        self.whole = whole
        self.prefix = prefix
        self.policy = policy
        self.path: Path = []
        self.meter = Meter(process.requirements.names)
        self.before: Totals = tuple(self.meter.totals)
        self.outermost: GraphBuilder | None = None

    def decide(self, site: Site, context: Context) -> Any:
        if self.outermost is None:
            self.outermost = context.builder
        if not context.prefix:  # what a cell costs is counted when the cell is finished
            self.outermost = context.builder
        state = self.process.meet(site, context, self.path)
        self._arrive(state, self.meter.read(self.outermost))
        if len(self.path) < len(self.prefix):
            decision = self.prefix[len(self.path)]
        elif not self.whole and (state.live or state.dead):
            raise _Known(state.live)
        else:
            decision = self.policy(state)
            if decision is None:
                state.dead = True
                raise _Stuck
        self.path.append((state, decision))
        return decision

    def finish(self, graph: Graph) -> None:
        """Links the last decision to the end of the program."""
        rest = GraphBuilder(self.process.limits, Facts())
        rest.nodes, rest.values = list(graph.nodes), list(graph.values)
        rest.batch = batch_axes(graph.values[port.value] for port in graph.inputs)
        self._arrive(DONE, self.meter.read(rest))

    def _arrive(self, state: State, totals: Totals) -> None:
        """Links the decision before to the state it led to, with what lies between."""
        added = tuple(now - before for now, before in zip(totals, self.before, strict=True))
        self.before = totals
        if not self.path:
            self.process.begin(state, added)
            return
        before, decision = self.path[-1]
        key = edge(before, decision)
        known = before.children.setdefault(key, state)
        if key is REAL and (known is not state or before.added.get(key, added) != added):
            raise DeadEnd(errors.spaces.RealDecides(before.place_of_choice()))
        if key is REAL and key not in before.added:
            self.process.unproved.append(before)
        before.added.setdefault(key, added)
