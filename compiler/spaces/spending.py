"""What a program that is being expanded has cost so far, and whether it may go on.

Comes in: the graph that grows, and a ceiling. Goes out: what each decision adds up to the next
choice; TooMuch where that is more than is allowed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from .. import errors
from ..cost import batch_axes
from ..expand.builder import GraphBuilder
from ..expand.session import Session
from ..facts import Facts
from ..graph import Graph
from .ceiling import NOTHING_DEAR, Ceiling, Dear, Impatient, TooMuch, loop_of
from .costs import Meter, OpenCost, Totals, minus
from .dead import DeadEnd
from .limit import SpaceLimit
from .outlook import NOTHING, Sizes, SizesMatter, TooLarge
from .states import State

if TYPE_CHECKING:
    from .process import Process


class Spending:
    """The costs of one expansion."""

    def __init__(self, process: "Process", ceiling: Ceiling | None) -> None:
        self.process = process
        self.ceiling = ceiling
        self.outermost: GraphBuilder | None = None
        self.built = False
        self.session: Session | None = None
        self._in_cell = False
        self._meter = Meter(process.network.requirements.names)
        self._sizes: Sizes = NOTHING  # at the last choice
        self._whole: Sizes = NOTHING  # of a whole network
        self._before: Totals = (*self._meter.totals, *process.outlook.of_counted(NOTHING))
        self._ground: Totals | None = None  # what was spent where the ceiling begins to hold
        self._added: dict[int, Totals] = {}  # what was added from there to each decision
        self._all_dear = 0  # at so many places everything cost too much

    def grows_in(self, builder: GraphBuilder, session: Session) -> None:
        """The graph is this one; what a cell costs is counted when it is finished."""
        self.session = session
        self._in_cell = builder is not builder.outermost
        if not self.built:
            self.outermost = builder.outermost

    def is_whole(self, graph: Graph) -> None:
        """The network is whole: choices in `train`, which come after it, cost nothing more."""
        self._whole = self._sizes_of(self.outermost)
        whole = GraphBuilder(self.process.network.limits, Facts())
        whole.nodes, whole.values = list(graph.nodes), list(graph.values)
        whole.batch = batch_axes(graph.values[port.value] for port in graph.inputs)
        self.outermost, self.built = whole, True

    def since_last(self, name: str, *, known: bool) -> Totals:
        """What a decision of the choice has added; nothing where costs do not matter. Raises
        SizesMatter.
        """
        sizes = self._sizes_of(self.outermost)
        if not known:
            self.process.outlook.note(name, self._sizes, sizes)
        self._sizes = sizes
        if not self._before:
            return ()
        assert self.outermost is not None
        totals = self._totals(self.outermost)
        added = minus(totals, self._before)
        self._before = totals
        return added

    def _sizes_of(self, builder: GraphBuilder | None) -> Sizes:
        if self.built:
            return self._whole
        if builder is None or self.session is None:
            return NOTHING
        return len(builder.nodes), builder.parameters, builder.activations, self.session.spent

    def _totals(self, builder: GraphBuilder) -> Totals:
        counted = self.process.outlook.of_counted(self._sizes_of(builder))
        if not self._meter.names:
            return counted
        try:
            return *self._meter.read(builder), *counted
        except OpenCost as cost:
            span = self.process.network.requirements.statements[0].span
            raise DeadEnd(errors.facts.CostNeedsSizes(span, cost.name, cost.value)) from None

    def too_large(self, size: int, reason: TooLarge, last: State | None) -> TooMuch | None:
        """What a refusal for a size is: that the program costs too much; None where the last
        decision alone adds more than is allowed. Raises SizesMatter, or SpaceLimit where what
        stands before had been too large already.
        """
        outlook = self.process.outlook
        if outlook.settled:  # no valid program comes near: what does is refused whatever led to it
            return None
        if size not in outlook.counted:
            raise SizesMatter(size)
        outlook.reason = reason
        if self._ground is not None:
            at = len(self._meter.names) + outlook.counted.index(size)
            totals = list(self._before)
            totals[at] = 2 * outlook.most[size] + 1
            assert self.outermost is not None
            paths = self._paths(self.outermost)
            if last is not None and last.node is not None and _within(last.node, reason):
                paths.append(f"{loop_of(last)}.0")  # it was seen before any turn
            return TooMuch(minus(tuple(totals), self._ground), paths)
        if self._sizes[size] > outlook.most[size]:
            raise SpaceLimit(f"programs are too large to be looked at: {reason.message()}")
        return None

    def _paths(self, builder: GraphBuilder) -> list[str]:
        name = self.process.network.reference.function.name
        return [f"{name}.{path}" for path in builder.open_paths()]

    # --- the ceiling

    def look_up(self, index: int) -> None:
        """At the so-manyth choice; the ceiling holds from its state on. Raises TooMuch."""
        assert self.ceiling is not None
        if index == self.ceiling.after:
            self._ground = self._before
        if self._ground is not None:
            self._added[index] = minus(self._before, self._ground)
            if index > self.ceiling.after:
                self._expect_allowed(self._before)

    def watch(self, builder: GraphBuilder) -> None:
        """Between two choices. Raises TooMuch."""
        if self._ground is not None and self.outermost is builder:
            self._expect_allowed(self._totals(builder), builder)

    def _expect_allowed(self, totals: Totals, builder: GraphBuilder | None = None) -> None:
        assert self.ceiling is not None and self._ground is not None
        added = minus(self._with_promised(totals), self._ground)
        if not self.ceiling.allowed(added):
            process, costs = self.process, len(self._meter.names)
            process.outlook.note_exceeded(totals[costs:], process.network.reference.function.span)
            raise TooMuch(added, [] if builder is None else self._paths(builder))

    def _with_promised(self, totals: Totals) -> Totals:
        """Costs with the layers that are sure to come."""
        ahead = self.session.ahead if self.session is not None else None
        if ahead is None or "layers" not in self._meter.names or self._in_cell:
            return totals
        place = self._meter.names.index("layers")
        return *totals[:place], totals[place] + ahead.promised, *totals[place + 1 :]

    def added(self, index: int) -> Totals:
        """What was added under the ceiling before the so-manyth choice."""
        return self._added.get(index, ())

    def dear(self, state: State, index: int) -> Dear:
        """The decisions that cost too much at a state, the so-manyth that is passed."""
        if self._ground is None or self.ceiling is None or self.ceiling.dear is None:
            return NOTHING_DEAR
        return self.ceiling.dear(state, self._added[index])

    def note_dear(self, state: State, index: int, decision: Any, within: Sequence[str]) -> None:
        """A decision there cost too much while these paths were open."""
        if self.ceiling is not None and self.ceiling.note is not None:
            self.ceiling.note(state, self._added[index], decision, within)

    def count_all_dear(self) -> None:
        """Everything at a place costs too much. Raises Impatient after too many."""
        assert self.ceiling is not None
        self._all_dear += 1
        if self._all_dear > self.ceiling.patience:
            raise Impatient

    # --- taking back

    def mark(self) -> tuple[Any, ...]:
        """What `restore` takes back to."""
        return self._before, self._sizes, self._meter.mark() if self._meter.names else ()

    def restore(self, mark: tuple[Any, ...]) -> None:
        """As it was."""
        self._before, self._sizes, meter = mark
        if meter:
            self._meter.restore(meter)

    def restart(self) -> None:
        """The graph is begun anew."""
        self.outermost, self.built = None, False


def _within(node: ast.Node, reason: TooLarge) -> bool:
    """Whether what was refused holds a piece of text."""
    inner, outer = node.span, reason.span
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end
