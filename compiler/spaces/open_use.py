"""One use of a block as a space of its own, which ends with what flows out.

Comes in: the block with its hyperparameters, the types that flow in, and where it stands. Goes out:
expansions of that use alone, whose last decision is one among a single option: what flows out.
"""

from collections.abc import Sequence
from typing import Any

from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from ...grammar.span import Span
from .. import cost, errors
from ..deep import deep_recursion
from ..dims import AxisTooLarge
from ..expand import functions, stages
from ..expand.ahead import Ahead, Limit
from ..expand.builder import GraphBuilder
from ..expand.closed import Indivisible, Outcome
from ..expand.context import Context
from ..expand.decisions import Alternatives, Site
from ..expand.holding import CellHold
from ..expand.naming import NO_NAMES, FreshNames
from ..expand.session import Limits, Session
from ..expand.values import FunctionStage, Tensor
from ..types import TensorType
from .dead import DeadEnd
from .open_network import OpenNetwork

END = "out"
LAYERS = frozenset(["layers"])


class OpenUse:
    """A use of a block. What expansions share is that of the network. With a number of layers that
    it may make at `most`, ends are told apart by how many were made.
    """

    def __init__(
        self,
        network: OpenNetwork,
        stage: FunctionStage,
        types: Sequence[TensorType],
        use: Span,
        context: Context,
        most: float | None,
    ) -> None:
        self.network = network
        self.reference, self.limits = stage.reference, network.limits
        self.requirements, self.partition = network.requirements, network.partition
        self.uses = network.uses
        self.stage = stage
        self.types = types
        self.use = use
        self.most = most
        self.deepest = 0  # so many blocks within blocks were met
        self._lets = dict(context.session.lets)
        self._facts, self._batch = context.builder.facts, context.builder.batch
        self._context = replaced(
            context,
            session=Session(network.limits),
            builder=GraphBuilder(network.limits, self._facts),
            path="",
            owner="",
            prefix="",
            hint="",
            written=None,
        )

    def explore(self, decider: Any, limits: Limits, *, full: bool = False) -> Sequence[TensorType]:
        """One expansion of the use; the types of its values. Raises DeadEnd, or Indivisible where
        it states or decides what holds for the whole network.
        """
        session = self.network.exploring(limits, full=full)
        session.decider, session.lets = decider, dict(self._lets)
        decider.begin(session)
        builder = GraphBuilder(limits, self._facts)
        builder.watch, builder.batch = decider.watch, self._batch
        names = FreshNames(NO_NAMES)
        context = replaced(self._context, session=session, builder=builder, made=names)
        inputs = [builder.value(type_, self.use) for type_ in self.types]
        session.begin()
        if self.most is not None:
            mark = session.hold(CellHold(builder, LAYERS, {}))
            session.ahead = Ahead()
            session.ahead.begin(Limit(self.most, self.use), builder, mark)
        try:
            with deep_recursion():
                flow = functions.apply(self.stage, inputs, "", "", self.use, context)
                self._end(flow, context)
        except Fault as fault:
            raise DeadEnd(fault.diagnostic) from None
        except AxisTooLarge:
            raise DeadEnd(errors.limits.AxisTooComplex(self.use)) from None
        finally:
            session.decider = builder.watch = None
            self.deepest = max(self.deepest, session.deepest - len(self._context.trail))
        return builder.values

    def _end(self, flow: "stages.Flow", context: Context) -> None:
        """The last choice: among what has flowed out alone."""
        builder, session = context.builder, context.session
        alone = builder.facts is self._facts and builder.obligations() == (0, 0)
        if not alone or session.lets.keys() != self._lets.keys():
            raise Indivisible
        types = tuple([item.type for item in stages.flatten(flow)])
        names = () if isinstance(flow, Tensor) else flow.names
        nodes = () if self.most is None else tuple(builder.nodes)
        made = sum([cost.counts(node.layer) for node in nodes])
        outcome = Outcome(types, names, nodes, 0, 0, 0)
        session.hold(types, names, made)
        site = Site(END, Alternatives((outcome,)), self.reference.function)
        session.decider.decide(site, context)
