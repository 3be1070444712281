"""Whoever decides an expansion that finds out about a space: it notes the states that it passes,
and what is refused.

Comes in: decisions to begin with, and a policy for those after them. Where a part of the expansion
is refused, it goes back to the last decision that leaves another way; the checker then takes back
what it made since and goes on from there (`expand/retrying.py`).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Fault
from .. import errors
from ..cost import batch_axes
from ..expand.alike import Apart
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.decisions import Integers, Site
from ..expand.grounds import Argued, Grounds
from ..expand.idle import is_idle
from ..expand.retrying import Refused
from ..expand.session import Session
from ..facts import Facts
from ..graph import Graph
from ..layer import Layer
from ..types import TensorType
from .costs import Meter, OpenCost, Totals
from .dead import DeadEnd, refused_number
from .limit import SpaceLimit
from .states import DONE, REAL, Path, Policy, State, Suffices, decisions_of, edge, link

if TYPE_CHECKING:
    from .process import Process


BY_TYPES = errors.limits.WeightTooLarge, errors.limits.TooManyActivations
SUMS = (
    errors.limits.TooManyActivations,
    errors.limits.TooManyNodes,
    errors.limits.TooManyParameters,
    errors.limits.TooMuchWork,
)
MOST_DECISIONS = 20_000
"""So many stand in one program: what is asked of a space goes from one to the next, and deeper."""
LAYER_WORK = 48
"""About as many expressions as are worked out for one layer."""


class Known(Exception):
    """The walk came to a state beyond which a program is known."""


class Enough(Exception):
    """The walk came as far as it was to go, and what lies beyond is not known."""


class Dead(Refused):
    """The walk came to a state beyond which there is none."""


class Exhausted(Refused):
    """No decision is left that may be changed."""

    def __init__(self, grounds: Grounds, reason: Diagnostic | None) -> None:
        self.grounds = grounds
        self.reason = reason
        super().__init__()


class Ceiling(NamedTuple):
    """What may be added after the first so many decisions of an expansion."""

    after: int
    allowed: Callable[[Totals], bool]


class TooMuch(Exception):
    """An expansion has added more than its ceiling allows. `within` are the paths that were open,
    where that was between two choices.
    """

    def __init__(self, added: Totals, within: Sequence[str] = ()) -> None:
        self.added = added
        self.within = within
        super().__init__()


class Mark(NamedTuple):
    """How far the walk has come: decisions, and what was spent."""

    made: int
    before: Totals
    meter: tuple[Any, ...]


class Explorer:
    """Decides by a prefix, then by a policy."""

    def __init__(
        self,
        process: "Process",
        prefix: Sequence[Any],
        policy: Policy,
        enough: Suffices,
        ceiling: "Ceiling | None" = None,
    ) -> None:
        self.process = process
        self.enough = enough
        self.base = 0  # how many decisions were made before those of the prefix
        self.prefix = prefix
        self.states = process.states_along(prefix)  # those that the prefix is known to pass
        self.given = len(prefix)
        self.policy = policy
        self.path: Path = []
        self.meter = Meter(process.requirements.names)
        self.before: Totals = tuple(self.meter.totals)
        self.outermost: GraphBuilder | None = None
        self.built = False
        self.ceiling = ceiling
        self._ground: Totals | None = None  # what was spent where the ceiling begins to hold
        self.session: Session | None = None
        self._proved: set[int] = set()
        self._refused: dict[int, tuple[int, Grounds]] = {}  # by place: how many, and on what
        self._spent = 0  # the session's work when it was last counted
        self._applied: dict[int, tuple[Argued, tuple[TensorType, ...]]] = {}

    @property
    def made(self) -> int:
        """How many decisions were made."""
        return len(self.path)

    def domain(self, place: int) -> Any:
        """The domain of a decision that was made."""
        return self.path[place][0].domain

    def note_applied(self, argued: Argued, types: tuple[TensorType, ...]) -> None:
        """Inputs of these types flow into a layer whose arguments were decided."""
        self._applied[argued.end] = argued, types

    def prove(self, place: int) -> None:
        """Notes that the number at a decision is known to decide nothing."""
        state, waiting = self.path[place][0], self.process.unproved
        if waiting and waiting[-1] is state:
            waiting.pop()
        elif state in waiting:
            waiting.remove(state)
        else:
            self._proved.add(place)

    def decide(self, site: Site, context: Context) -> Any:
        """The decision at a site. Raises Known or Refused where the walk need go no further."""
        if not self.built:  # what a cell costs is counted when it is finished
            self.outermost = context.builder.outermost
        self.session = context.session
        index, process = len(self.path), self.process
        ahead = index - self.base
        if ahead < len(self.states):
            state = self.states[ahead]
        else:
            state = self._led_to() or process.meet(site, context, self.path)
        self._arrive(state)
        self._count_work(1)
        if self.ceiling is not None:
            self._look_up(index)
        if ahead < len(self.prefix):
            decision = self.prefix[ahead]
        elif self.enough(state, index):
            raise Known if state.live else Enough
        else:
            decision = None if state.dead else self.policy(state, index)
            if decision is None:
                state.dead = True
                raise Dead
        if index >= MOST_DECISIONS:
            most = f"{MOST_DECISIONS:,}"
            raise SpaceLimit(f"one program of this space takes more than {most} decisions")
        self.path.append((state, decision))
        return decision

    def _led_to(self) -> State | None:
        """The state that the last decision is known to lead to."""
        if not self.path:
            return None
        before, decision = self.path[-1]
        found = None if before.real else before.children.get(decision)
        known = found is not None and found.node is not None and found.era == self.process.era
        return found if known else None

    def _count_work(self, decisions: int) -> None:
        """Decisions, and what was worked out since the last: much can be without any layer."""
        assert self.session is not None
        spent = self.session.spent
        self.process.count_work(decisions + max(0, spent - self._spent) // LAYER_WORK)
        self._spent = spent

    def take_for_alike(self, node: ast.Expression) -> None:
        """Which decision was made at a choice shows in the graph alone."""
        if self.path and self.path[-1][0].node is node:
            self.path[-1][0].alike = True

    def watch(self, builder: GraphBuilder) -> None:
        """Called while a graph grows: it may grow for long between two decisions."""
        if self.session is not None:
            self._count_work(0)
        if self._ground is not None and self.outermost is builder:
            self._expect_allowed(self._totals(builder), builder)

    def _look_up(self, index: int) -> None:
        """The ceiling holds from its state on. Raises TooMuch."""
        assert self.ceiling is not None
        if index == self.ceiling.after:
            self._ground = self.before
        elif self._ground is not None:
            self._expect_allowed(self.before)

    def _expect_allowed(self, totals: Totals, builder: GraphBuilder | None = None) -> None:
        assert self.ceiling is not None and self._ground is not None
        added = tuple([now - then for now, then in zip(totals, self._ground, strict=True)])
        if not self.ceiling.allowed(added):
            raise TooMuch(added, () if builder is None else builder.open_paths())

    def _totals(self, builder: GraphBuilder) -> Totals:
        if not self.meter.names:
            return ()
        try:
            return self.meter.read(builder)
        except OpenCost as cost:
            span = self.process.requirements.statements[0].span
            raise DeadEnd(errors.facts.CostNeedsSizes(span, cost.name, cost.value)) from None

    def network(self, graph: Graph) -> None:
        """The network is whole: choices in `train`, which come after it, cost nothing more."""
        whole = GraphBuilder(self.process.limits, Facts())
        whole.nodes, whole.values = list(graph.nodes), list(graph.values)
        whole.batch = batch_axes(graph.values[port.value] for port in graph.inputs)
        self.outermost, self.built = whole, True

    def finish(self) -> None:
        """Links the last decision to the end of the program."""
        session = self.session
        if session is not None and session.took_alike and 2 * session.spent > session.allowed:
            raise Apart(None)  # with other options it may be too much
        self._arrive(DONE)

    def _arrive(self, state: State) -> None:
        """Links the decision before to the state it led to, with what lies between."""
        added: Totals = ()
        if self.meter.names:
            assert self.outermost is not None
            totals = self._totals(self.outermost)
            added = tuple([now - before for now, before in zip(totals, self.before, strict=True)])
            self.before = totals
        if not self.path:
            self.process.begin(state, added)
            return
        before, decision = self.path[-1]
        if not added and not before.real:
            link(before, decision, state)
            return
        key = edge(before, decision)
        known = before.children.setdefault(key, state)
        if key is REAL and (known is not state or before.added.get(key, added) != added):
            place = before.place_of_choice()
            raise DeadEnd(refused_number(place, known.taken, known.reason))
        if key is REAL and key not in before.added and len(self.path) - 1 not in self._proved:
            self.process.unproved.append(before)
        self._proved.discard(len(self.path) - 1)
        before.added.setdefault(key, added)

    # --- other ways

    def mark(self) -> Mark:
        """Where an attempt begins."""
        meter = self.meter
        return Mark(len(self.path), self.before, meter.mark() if meter.names else ())

    def retry(self, start: Mark, refusal: Refused | Fault) -> None:
        """Goes back to the last decision since `start` that the refusal rests on and that leaves
        another way, and takes that. Raises Exhausted where none does.
        """
        if self.session is not None:
            self._count_work(0)  # before it is taken back
        grounds, reason = self._grounds(refusal)
        kept = max(start.made, self.given)
        while len(self.path) > kept:
            place = len(self.path) - 1
            state, _ = self.path.pop()
            if not grounds.hold(place):  # whatever had been decided here
                state.dead, state.reason = True, reason
                self._refused.pop(place, None)
                continue
            decision = self._another(state, place, grounds)
            if decision is not None:
                self.process.count_run()
                self._applied = {end: at for end, at in self._applied.items() if end <= place}
                self.base, again = start.made, self.path[start.made :]
                self.states = [*[passed for passed, _ in again], state]
                self.prefix = [*[taken for _, taken in again], decision]
                self._go_back(start)
                return
            state.dead = True
            grounds = self._all_grounds(state, place)
        raise Exhausted(grounds, reason)

    def _another(self, state: State, place: int, grounds: Grounds) -> Any:
        """The next decision at a state, after one was refused on some grounds."""
        count, known = self._refused.get(place, (0, Grounds(0)))
        self._refused[place] = count + 1, known.joined(grounds)
        return None if state.dead else self.policy(state, place)

    def _all_grounds(self, state: State, place: int) -> Grounds:
        """What the refusals of all decisions at a state rest on together: if each of them was
        refused here, what they rest on but this decision itself; else whatever stands before.
        """
        count, known = self._refused.pop(place, (0, Grounds(0)))
        if count < len(decisions_of(state.domain)):
            return Grounds(place)
        return Grounds(min(known.base, place), known.others - {place}, known.idle)

    def _grounds(self, refusal: Refused | Fault) -> tuple[Grounds, Diagnostic | None]:
        """What a refusal rests on; a new one is noted as the fate of the last decision."""
        match refusal:
            case Exhausted():
                return refusal.grounds, refusal.reason
            case Dead():
                return Grounds(len(self.path)), None
        reason: Diagnostic = refusal.diagnostic  # type: ignore[union-attr]
        if self.session is not None and self.session.took_alike and isinstance(reason, SUMS):
            raise Apart(None)  # of some options the program may not be too large
        self.process.bury(self.path, reason)
        rests = self.session.rests if self.session is not None else None
        if rests is not None and rests[0] is reason:
            return rests[1], reason
        return Grounds(len(self.path), idle=self._idle(reason)), reason

    def _idle(self, reason: Diagnostic) -> frozenset[int]:
        """The decisions that a refusal by size does not rest on: arguments of layers, such as how
        many rows an embedding has, that change no type. The weights of one layer and all outputs
        follow from types.
        """
        if not isinstance(reason, BY_TYPES):
            return frozenset()
        return frozenset(
            place
            for argued, types in self._applied.values()
            for name, place in argued.numbers
            if self._is_idle(argued.layer, types, name, place)
        )

    def _is_idle(self, layer: Layer, types: tuple[TensorType, ...], name: str, place: int) -> bool:
        state, decision = self.path[place]
        domain = state.domain
        if not isinstance(domain, Integers) or getattr(layer, name) != decision:
            return False
        return is_idle(layer, types, name, domain.low, domain.high)

    def _go_back(self, start: Mark) -> None:
        del self.path[start.made :]
        self._proved = {place for place in self._proved if place < start.made}
        self.before = start.before
        if self.meter.names:
            self.meter.restore(start.meter)

    def restart(self) -> None:
        """From the beginning, with the decisions that are left."""
        self.outermost, self.built = None, False
