"""Counting programs of blocks that use themselves: what is open in a use is counted once, wherever
it stands.

A state is the whole stack of uses that wait, and of those a block that uses itself twice has more
than anybody can look at. But what may be decided within a use follows from the block, what is
handed to it and how deep it stands, and all that follows rests on what flows out. So each use is a
space of its own that ends with what flows out, and where the use stands it is a single choice:
among what may flow out, each as often as there are ways to it. That is how sentences of a
context-free grammar are counted. Where a use cannot be parted from what stands around it,
Indivisible is raised, and whoever asks has the states of the whole.

Comes in: a network with open choices. Goes out: how many programs it has, and the one at a rank.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from math import inf
from operator import add
from typing import Any, cast

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from ...grammar.span import NOWHERE, Span
from .. import errors
from ..expand import closed, holding, least
from ..expand.alike import Partition
from ..expand.closed import Indivisible, Outcome
from ..expand.context import Context, join
from ..expand.decisions import Alternatives, Reals, Site
from ..expand.values import FunctionStage, Tensor
from ..graph import Node
from ..layers.identity import Identity
from .budget import Budget
from .costs import Totals, plus
from .dead import DeadEnd
from .limit import SpaceLimit
from .open_network import OpenNetwork
from .open_use import OpenUse
from .process import Process
from .states import DONE, State, decisions_of, edge
from .sums import Count

ALL_SIZES = 0, 1, 2, 3
NO_SIZES = 0, 0, 0, 0


@record
class Exit:
    """What may flow out of a use, and what the ways to it add at most."""

    outcome: Outcome
    ways: Count
    end: State
    within: "Ways"


class Ways:
    """The ways from the states of one process to its ends, each state looked at once."""

    def __init__(self, process: Process) -> None:
        self.process = process
        process.outlook.counted = ALL_SIZES
        self._known: dict[State, dict[State, tuple[Count, Totals]]] = {}

    def from_the_start(self) -> dict[State, tuple[Count, Totals]]:
        """Every end, how many ways lead to it, and the most that one of them adds. Raises
        Indivisible where that is more than the limits of a program.
        """
        try:
            root = self.process.root()
        except DeadEnd:
            return {}
        start = self.process.start or NO_SIZES
        ends = {end: (n, plus(start, most)) for end, (n, most) in self.of(root).items()}
        if not all(self.process.outlook.allows(most) for _, most in ends.values()):
            raise Indivisible  # what is too large has to be told from what is not
        return ends

    def of(self, state: State) -> dict[State, tuple[Count, Totals]]:
        """As `from_the_start`, from a state on."""
        if state.dead:
            return {}
        if state is DONE or is_end(state):
            return {state: (1, NO_SIZES)}
        found = self._known.get(state)
        if found is None:
            found = {}
            if self.process.explore(state):
                for decision in decisions_of(state.domain):
                    self._collect(state, decision, found)
            self._known[state] = found
        return found

    def _collect(
        self, state: State, decision: Any, found: dict[State, tuple[Count, Totals]]
    ) -> None:
        times: Count = float("inf") if isinstance(state.domain, Reals) else 1
        exit_ = exit_of(state, decision)
        if exit_ is not None:
            times = exit_.ways
        added = state.added.get(edge(state, decision), NO_SIZES)
        for end, (ways, most) in self.of(self.process.child(state, decision)).items():
            known, before = found.get(end, (0, NO_SIZES))
            found[end] = known + times * ways, tuple(map(max, before, map(add, added, most)))

    def at(self, rank: int, end: State) -> Iterator[Any]:
        """The decisions of the way to an end that has a rank among all."""
        state = self.process.root()
        while state is not end:
            decision, beyond, rank = self._ranked(state, rank, end)
            exit_ = exit_of(state, decision)
            if exit_ is None:
                yield decision
            else:
                inner, rank = divmod(rank, beyond)
                yield from exit_.within.at(inner, exit_.end)
            state = self.process.child(state, decision)

    def _ranked(self, state: State, rank: int, end: State) -> tuple[Any, int, int]:
        """The decision that the way takes, how many ways lead on from there, and its rank among
        those by that decision.
        """
        for decision in decisions_of(state.domain):
            beyond = int(self.of(self.process.child(state, decision)).get(end, (0, NO_SIZES))[0])
            exit_ = exit_of(state, decision)
            ways = beyond if exit_ is None else beyond * int(exit_.ways)
            if rank < ways:
                return decision, beyond, rank
            rank -= ways
        raise AssertionError(rank)


def is_end(state: State) -> bool:
    """Whether a use ends here, with what has flowed out as the only option."""
    options = state.domain.options if isinstance(state.domain, Alternatives) else ()
    return bool(options) and isinstance(options[0], Outcome)


def exit_of(state: State, decision: Any) -> Exit | None:
    """What a decision lets flow out of a use; None for a decision of the text."""
    if not isinstance(state.domain, Alternatives):
        return None
    option = state.domain.options[decision]
    return option if isinstance(option, Exit) else None


@record
class _Use:
    """What may flow out of a use, None where nothing can, and how many blocks within blocks were
    met. `stage` is kept since keys hold ids of what is in it.
    """

    stage: FunctionStage
    domain: Alternatives | None
    deepest: int


class Uses:
    """The uses of one network that are spaces of their own, by what tells them apart."""

    def __init__(self, network: OpenNetwork, budget: Budget, texts: Sequence[ast.Function]) -> None:
        self.network = replace(network, uses=self, partition=Partition())
        self.budget = budget
        self.by_layers = any("nodes" in _limits(text) for text in texts)
        if self.by_layers:
            self.network.closed = None  # options are told apart by their layers
        self._by_depth = any("recursion" in _limits(text) for text in texts)
        self._known: dict[Hashable, _Use | None] = {}
        self._ways: Ways | None = None

    # --- questions

    def ways(self) -> Ways:
        """The ways to the end of the network. Raises Indivisible or SpaceLimit."""
        if self._ways is None:
            process = Process(self.network, self.budget)
            self._ways = process.answer(lambda: self._counted(process))
        return self._ways

    def _counted(self, process: Process) -> Ways:
        self._known.clear()  # options may be told apart by now
        ways = Ways(process)
        ways.from_the_start()
        return ways

    def count(self) -> Count:
        """The number of programs, exactly. Raises Indivisible or SpaceLimit."""
        number: Count = 0
        for ways, _ in self.ways().from_the_start().values():
            number += ways
        return number

    def at(self, rank: int) -> list[Any]:
        """The decisions of the program at a rank. Raises Indivisible or SpaceLimit."""
        return list(self.ways().at(rank, DONE))

    # --- while an expansion runs

    def expect_known(self, costs: frozenset[str]) -> None:
        """Raises Indivisible where a body is to be asked of costs that uses do not tell."""
        if costs - {"layers"} or costs and not self.by_layers:
            raise Indivisible

    def expect_depth(self) -> None:
        """Raises Indivisible where a use is limited by its depth and nobody told: what names a
        block is not always read from the text.
        """
        if not self._by_depth:
            raise Indivisible

    def decide(
        self, stage: FunctionStage, inputs: Sequence[Tensor], name: str, use: Span, context: Context
    ) -> Outcome:
        """What is decided to flow out of a use. Raises a Fault where nothing can."""
        found = self._use(stage, inputs, use, context)
        session = context.session
        session.deepest = max(session.deepest, len(context.trail) + found.deepest)
        if not self._by_depth and session.deepest > session.limits.depth:
            raise Indivisible  # no block was left out of `deepest`: by layers, none is known
        if found.domain is None:
            raise Fault(errors.limits.NestedTooDeep(use, stage.reference.function.name))
        site = Site(join(context.place, name), found.domain, stage.reference.function)
        mark = session.hold(stage, *inputs)
        chosen = found.domain.options[session.decider.decide(site, context)]
        session.release(mark)
        session.decider.leave_out(chosen.outcome.work)
        outcome: Outcome = chosen.outcome
        return outcome

    def _use(
        self, stage: FunctionStage, inputs: Sequence[Tensor], use: Span, context: Context
    ) -> "_Use":
        ahead = context.session.ahead
        room = inf if ahead is None else ahead.room(context.builder)
        key = closed.key_of(stage, inputs, context), self._place(context), room
        if key not in self._known:
            types = tuple([item.type for item in inputs])
            most = room if self.by_layers else None
            return self._found_out(key, OpenUse(self.network, stage, types, use, context, most))
        found = self._known[key]
        if found is None:
            raise Indivisible
        return found

    def _place(self, context: Context) -> Hashable:
        """How deep a use stands, where that tells what is open in it."""
        if self._by_depth:
            return context.within, len(context.trail)
        return frozenset(context.within)

    def _found_out(self, key: Hashable, opened: OpenUse) -> "_Use":
        self._known[key] = None  # begun: what rests on itself is out of reach
        try:
            ways = Ways(Process(cast("OpenNetwork", opened), self.budget))  # it is asked as one
            exits = []
            for end, (number, most) in ways.from_the_start().items():
                assert isinstance(end.domain, Alternatives)
                exits.append(Exit(_as_large(end.domain.options[0], most), number, end, ways))
        except RecursionError:
            raise Indivisible from None
        domain = Alternatives(tuple(exits)) if exits else None
        found = self._known[key] = _Use(opened.stage, domain, opened.deepest)
        return found


def _as_large(outcome: Outcome, most: Totals) -> Outcome:
    """What flows out, of the largest program for which that does. Identities make up the number of
    its nodes, and count as no layers.
    """
    layers, parameters, activations, work = most
    nodes = outcome.nodes + (_NO_LAYER,) * (layers - len(outcome.nodes))
    return Outcome(outcome.types, outcome.names, nodes, parameters, activations, work)


_NO_LAYER = Node(Identity(), (), (), "", "", NOWHERE, {}, None)


def uses_of(network: OpenNetwork, budget: Budget) -> Uses | None:
    """Those of a network in which blocks may use themselves and that asks no costs; else None."""
    if network.requirements.names:
        return None
    reference = network.reference
    texts = least.least(holding.Identity(reference.function), reference.home).texts()
    if not any(map(_limits, texts)):
        return None
    return Uses(network, budget, texts)


def counted_uses(network: OpenNetwork, budget: Budget) -> Uses | None:
    """As `uses_of`, once they are counted; None where that is out of reach."""
    uses = uses_of(network, budget)
    try:
        if uses is not None:
            uses.count()
    except (Indivisible, SpaceLimit):
        return None
    return uses


def _limits(text: ast.Node) -> set[str]:
    """What a text limits, as a block does that may use itself; asking for layers is as much."""
    match text:
        case ast.Limit(name=name):
            return {name}
        case ast.Name(id="layers"):
            return {"nodes"}
    return set[str]().union(*map(_limits, ast.children(text)))
