"""The layers that are sure to come, while a body that limits its layers is run.

`limit nodes` holds for a whole use, and who finds out at its end goes back choice by choice. So
while one explores, whatever is held promises the layers that it will make at least (`least.py`),
and what exceeds a limit together with those made and those promised is refused at once. A promise
follows from what is held, so no state need know of it.
"""

from dataclasses import field
from math import inf

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from ...grammar.span import Span
from .. import cost, errors
from . import least
from .builder import GraphBuilder
from .holding import Identity
from .values import FunctionReference


@record
class Limit:
    """The most layers that a body makes, and where that is stated."""

    most: float
    span: Span


@record
class _Open:
    """A limited body that is held at a mark: its first node, what was promised around it, and how
    many layers it had made before each node, as far as that was asked.
    """

    limit: Limit
    builder: GraphBuilder
    start: int
    promised: float
    mark: int
    sums: list[int] = field(default_factory=lambda: [0])

    def made(self) -> int:
        """The layers made by now."""
        for node in self.builder.nodes[self.start + len(self.sums) - 1 :]:
            self.sums.append(self.sums[-1] + cost.counts(node.layer))
        return self.sums[-1]

    def take_back(self) -> None:
        """Nodes were taken back."""
        del self.sums[max(1, len(self.builder.nodes) - self.start + 1) :]


class Ahead:
    """The limited bodies that are open, and what is promised: by what is held up to which mark, and
    how much in all.
    """

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._promised: list[tuple[int, float]] = []
        self._known: list[least.Least] = []

    @property
    def is_open(self) -> bool:
        """Whether any limit holds at this moment."""
        return bool(self._open)

    def learn(self, reference: FunctionReference) -> None:
        """A function is used: what its text makes is to be known."""
        if not any(known.has(reference) for known in self._known):
            self._known.append(least.least(Identity(reference.function), reference.home))

    def tightens(self, limit: Limit, builder: GraphBuilder) -> bool:
        """Whether a limit adds to those around it, which count what is made within too."""
        around = [item.limit for item in self._open if item.builder is builder]
        return all(limit.most < item.most for item in around)

    def begin(self, limit: Limit, builder: GraphBuilder, mark: int) -> None:
        """A limited body begins, and is held at a mark."""
        self._open.append(_Open(limit, builder, len(builder.nodes), self.promised, mark))

    # --- promises

    @property
    def promised(self) -> float:
        """What is promised in all."""
        return self._promised[-1][1] if self._promised else 0

    def promise(self, mark: int, layers: float) -> None:
        """What is held at a mark will make so many layers at least, from now on."""
        while self._promised and self._promised[-1][0] >= mark:
            self._promised.pop()
        if layers:
            self._promised.append((mark, self.promised + layers))

    def release(self, mark: int) -> None:
        """Nothing is held from a mark on."""
        self.promise(mark, 0)
        while self._open and self._open[-1].mark >= mark:
            self._open.pop()

    def after(self, node: ast.Node, place: int = 0) -> float:
        """What a piece of text makes at least, from one of its parts on."""
        return max((known.after(node, place) for known in self._known), default=0)

    # --- refusing

    def take_back(self) -> None:
        """Nodes were taken back, of whichever graph."""
        for item in self._open:
            item.take_back()

    def room(self, builder: GraphBuilder) -> float:
        """How many layers the limits leave for what is made now."""
        rooms = [
            item.limit.most - item.made() - (self.promised - item.promised)
            for item in self._open
            if item.builder is builder
        ]
        return min(rooms, default=inf)

    def expect(self, layers: float, builder: GraphBuilder) -> None:
        """So many layers are to be made now. Raises a Fault where a limit leaves no room."""
        for item in [item for item in self._open if item.builder is builder]:
            if item.made() + self.promised - item.promised + layers > item.limit.most:
                raise Fault(errors.spaces.NodeLimit(item.limit.span, item.limit.most))
