"""A network with open choices, as the checker expands it.

Comes in: whoever decides. Goes out: the graph, and what is needed to write the program out. What
expansions share is kept here: names, numbers, and what uses of blocks came to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ..deep import deep_recursion
from ..errors.facts import RequirementFails
from ..expand import closed, networks
from ..expand.alike import Partition
from ..expand.context import Context
from ..expand.decisions import Site
from ..expand.naming import NamesInText
from ..expand.reads import Reads
from ..expand.session import MOST_COPIES, Limits
from ..expand.uses import KnownUses
from ..expand.values import FunctionReference
from ..graph import Graph
from ..types import TensorType
from . import training
from .costs import Requirements, deferrable
from .dead import Deciding, Lenient


@dataclass(slots=True)
class Expansion:
    """A program that was expanded to its end."""

    graph: Graph
    decided: Mapping[tuple[str, int], Any]
    applied: Mapping[tuple[str, int], tuple[str, Any]]
    values: Mapping[tuple[str, int], Any]


class Replay:
    """Decides as it was decided before."""

    def decide(self, site: Site, context: Context) -> Any:
        return next(context.session.replayed)  # type: ignore[arg-type]


@dataclass(slots=True)
class OpenNetwork:
    """A network with open choices. `train` holds the blocks whose choices belong to the space;
    `requirements` are those that wait for the costs of a whole program.
    """

    reference: FunctionReference
    overrides: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    train: Sequence[ast.Settings] = ()
    entered: set[int] = field(default_factory=set)
    partition: Partition = field(default_factory=Partition)
    copies: KnownUses = field(default_factory=lambda: KnownUses(MOST_COPIES))  # expand/copying.py
    closed: KnownUses | None = None  # what came out of blocks: expand/closed.py
    counted: KnownUses | None = None  # the same with their layers, where costs are asked for
    uses: Any = None  # uses.Uses, where uses within themselves are spaces of their own
    requirements: Requirements = field(init=False)
    _names: dict[int, tuple[object, NamesInText]] = field(default_factory=dict)
    _numbers: dict[int, tuple[object, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.requirements = deferrable(self.reference.function, self.reference.home, self.overrides)
        self.closed = None if self.requirements.names else KnownUses(closed.MOST_KEPT)
        self.counted = KnownUses(MOST_COPIES)

    def replay(self, decisions: Sequence[Any]) -> Expansion:
        """The program of decisions that are known to be valid."""
        return self._expand(Replay(), self._session(self.limits, iter(decisions)))

    def follow(
        self,
        decider: Any,
        reads: Reads | None = None,
        room: int | None = None,
        broken: list[RequirementFails] | None = None,
    ) -> Graph:
        """The graph of what `decider` says, which may be wrong. What its decisions are read by is
        noted in `reads`. Raises DeadEnd, also where there come to be more layers than `room`.
        Requirements that fail are no end where they are noted in `broken`.
        """
        session = self._session(self.limits) if broken is None else self._lenient(broken)
        session.reads, session.held, session.room = reads, 0, room
        return self._expand(decider, session).graph

    def explore(self, decider: Any, limits: Limits, *, full: bool = False) -> Sequence[TensorType]:
        """What states depend on is kept; goes out: the types of all values. `full`: with every
        node, though its block be known. Raises DeadEnd.
        """
        session = self.exploring(limits, full=full)
        decider.begin(session)
        return self._expand(decider, session, decider.network).graph.values

    def exploring(self, limits: Limits, *, full: bool) -> Deciding:
        """The session of whoever explores."""
        session = self._session(limits)
        session.holds, session.uses = [], self.uses
        session.closed = None if full else self.closed
        session.counted = self.counted if session.closed is None else None
        session.partition = None if self.closed is None else self.partition
        return session

    def _lenient(self, broken: list[RequirementFails]) -> Lenient:
        """Blocks in which a requirement fails are not kept for others to copy."""
        session = Lenient(self.limits, axes=self.axes)
        self._share(session)
        session.broken, session.copies = broken, KnownUses(MOST_COPIES)
        session.deferred, session.deferred_costs = frozenset(), ()
        return session

    def _session(self, limits: Limits, replayed: Iterator[Any] | None = None) -> Deciding:
        session = Deciding(limits, axes=self.axes)
        self._share(session)
        session.replayed = replayed
        return session

    def _share(self, session: Deciding) -> None:
        """What all expansions know."""
        session.entered = self.entered
        session.deferred = frozenset(id(item) for item in self.requirements.statements)
        session.deferred_costs = self.requirements.names
        session._names, session.numbers = self._names, self._numbers
        session.copies = self.copies

    def _expand(self, decider: Any, session: Deciding, whole: Any = None) -> Expansion:
        """`whole` is told of the graph before the choices of `train` come."""
        session.decider = decider
        try:
            with deep_recursion():
                program = self.reference.function.span.source.text
                graph = networks.expand(self.reference, self.overrides, session, program)
                assert graph is not None
                if whole is not None:
                    whole(graph)
                training.decide(self.train, self.reference.home, session)
        finally:
            session.decider = session.hope = None  # it knows the session: neither would be let go
        return Expansion(graph, session.decided, session.applied, session.meant)
