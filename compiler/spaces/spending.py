"""What a program that is being expanded has cost so far, and whether it may go on.

Comes in: the graph that grows, and a ceiling. Goes out: what each decision adds up to the next
choice; TooMuch where that is more than is allowed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import errors
from ..cost import batch_axes
from ..expand.builder import GraphBuilder
from ..facts import Facts
from ..graph import Graph
from .ceiling import NOTHING_DEAR, Ceiling, Dear, Impatient, TooMuch
from .costs import Meter, OpenCost, Totals, minus
from .dead import DeadEnd
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
        self._meter = Meter(process.requirements.names)
        self._before: Totals = tuple(self._meter.totals)
        self._ground: Totals | None = None  # what was spent where the ceiling begins to hold
        self._added: dict[int, Totals] = {}  # what was added from there to each decision
        self._all_dear = 0  # at so many places everything cost too much

    def grows_in(self, builder: GraphBuilder) -> None:
        """The graph is this one; what a cell costs is counted when it is finished."""
        if not self.built:
            self.outermost = builder.outermost

    def is_whole(self, graph: Graph) -> None:
        """The network is whole: choices in `train`, which come after it, cost nothing more."""
        whole = GraphBuilder(self.process.limits, Facts())
        whole.nodes, whole.values = list(graph.nodes), list(graph.values)
        whole.batch = batch_axes(graph.values[port.value] for port in graph.inputs)
        self.outermost, self.built = whole, True

    def since_last(self) -> Totals:
        """What was added since the choice before; nothing where costs do not matter."""
        if not self._meter.names:
            return ()
        assert self.outermost is not None
        totals = self._totals(self.outermost)
        added = minus(totals, self._before)
        self._before = totals
        return added

    def _totals(self, builder: GraphBuilder) -> Totals:
        try:
            return self._meter.read(builder)
        except OpenCost as cost:
            span = self.process.requirements.statements[0].span
            raise DeadEnd(errors.facts.CostNeedsSizes(span, cost.name, cost.value)) from None

    # --- the ceiling

    def look_up(self, index: int) -> None:
        """At the so-manyth choice; the ceiling holds from its state on. Raises TooMuch."""
        if self.ceiling is None:
            return
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
        added = minus(totals, self._ground)
        if not self.ceiling.allowed(added):
            name = self.process.reference.function.name
            paths = [] if builder is None else builder.open_paths()
            raise TooMuch(added, [f"{name}.{path}" for path in paths])

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
        return self._before, self._meter.mark() if self._meter.names else ()

    def restore(self, mark: tuple[Any, ...]) -> None:
        """As it was."""
        self._before, meter = mark
        if meter:
            self._meter.restore(meter)

    def restart(self) -> None:
        """The graph is begun anew."""
        self.outermost, self.built = None, False
