"""A block that is used again with the same hyperparameters and input types is copied, not expanded
anew: a network of fifteen equal cells takes the time of one, and the programs of a space take from
one another what they have in common.

Comes in: a use of a block, where a network is checked or a decided program is expanded. Goes out:
what expanding it would give, with names, owners and numbers of values of its own. Only what rests
on nothing else is copied: nothing was decided, stated, tied or reported in it, and all its weights
are its own.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

from ...grammar.record import record
from ...grammar.span import Span
from ..graph import Node, Scope
from ..layer import WeightType
from ..types import TensorType
from . import functions, stages
from .context import Context, join
from .values import FunctionStage, Tensor

Weights = tuple[Mapping[str, WeightType], Span]
Places = tuple[tuple[tuple[str, int], Any], ...]


@record
class Copied:
    """What one use of a block made; paths, owners and numbers are those of that use. `stage` is
    kept since keys hold ids of what is in it.
    """

    stage: FunctionStage
    root: str
    path: str
    owner: str
    inputs: tuple[int, ...]
    first: int
    start: int
    values: tuple[TensorType, ...]
    nodes: tuple[Node, ...]
    scopes: tuple[Scope, ...]
    owned: tuple[tuple[str, Weights], ...]
    applied: Places
    meant: Places
    outputs: tuple[Tensor, ...]
    names: tuple[str | None, ...]
    parameters: int
    activations: int
    work: int


def apply(
    stage: FunctionStage,
    inputs: Sequence[Tensor],
    name: str,
    owner: str,
    use: Span,
    context: Context,
    key: Hashable,
) -> "stages.Flow":
    """As `functions.apply`; `key` is the same for uses that make the same."""
    copies = context.session.copies
    known = copies.find(stage.reference.function, key)
    if known is not None:
        again = _Again(known, inputs, name, owner, context)
        if again.fits():
            return again.made(use)
    before = _Before(inputs, name, owner, context)
    flow = functions.apply(stage, inputs, name, owner, use, context)
    if known is None and before.stands_alone():
        copies.keep(key, before.copied(stage, flow))
    return flow


class _Before:
    """How things stood before a use."""

    def __init__(self, inputs: Sequence[Tensor], name: str, owner: str, context: Context) -> None:
        builder, session = context.builder, context.session
        self.context, self.owner = context, owner
        self.path = join(context.path, name)
        self.root = join(context.place, name)
        self.inputs = tuple([item.id for item in inputs])
        self.facts, self.bound = builder.facts, builder.obligations()
        self.nodes, self.values = len(builder.nodes), len(builder.values)
        self.scopes, self.owned = len(builder.scopes), len(builder.owned)
        self.decided, self.reports = len(session.decided), len(session.reports)
        self.applied, self.meant = len(session.applied), len(session.meant)
        self.sizes = builder.parameters, builder.activations, session.spent

    def stands_alone(self) -> bool:
        """Whether nothing was decided, stated, tied or reported since, and all that was made is
        named below this use.
        """
        builder, session = self.context.builder, self.context.session
        return (
            builder.facts is self.facts
            and builder.obligations() == self.bound
            and len(session.decided) == self.decided
            and len(session.reports) == self.reports
            and all(self._is_below(node) for node in builder.nodes[self.nodes :])
            and all(place.startswith(self.root) for (place, _), _ in self._places())
        )

    def _is_below(self, node: Node) -> bool:
        return node.name.startswith(self.path + ".") and node.owner.startswith(self.owner + ".")

    def _places(self) -> Places:
        session = self.context.session
        return _latest(session.applied, self.applied) + _latest(session.meant, self.meant)

    def copied(self, stage: FunctionStage, flow: "stages.Flow") -> Copied:
        builder, session = self.context.builder, self.context.session
        parameters, activations, work = self.sizes
        return Copied(
            stage,
            self.root,
            self.path,
            self.owner,
            self.inputs,
            self.values,
            self.nodes,
            tuple(builder.values[self.values :]),
            tuple(builder.nodes[self.nodes :]),
            tuple(builder.scopes[self.scopes :]),
            _latest(builder.owned, self.owned),
            _latest(session.applied, self.applied),
            _latest(session.meant, self.meant),
            stages.flatten(flow),
            () if isinstance(flow, Tensor) else flow.names,
            builder.parameters - parameters,
            builder.activations - activations,
            session.spent - work,
        )


def _latest(entries: dict[Any, Any], before: int) -> tuple[Any, ...]:
    """The entries that were added to a dictionary since it had so many, in order."""
    return tuple(islice(reversed(entries.items()), len(entries) - before))[::-1]


class _Again:
    """Another use of the block."""

    def __init__(
        self, known: Copied, inputs: Sequence[Tensor], name: str, owner: str, context: Context
    ) -> None:
        builder = context.builder
        self.known, self.context, self.owner = known, context, owner
        self.path = join(context.path, name)
        self.root = join(context.place, name)
        self.ids = dict(zip(known.inputs, [item.id for item in inputs], strict=True))
        self.shift = len(builder.values) - known.first
        self.later = len(builder.nodes) - known.start

    def fits(self) -> bool:
        """Whether the limits allow it and its weights are new; what they do not is told by whoever
        expands it.
        """
        builder, known, limits = self.context.builder, self.known, self.context.builder.limits
        session = self.context.session
        return (
            len(builder.nodes) + len(known.nodes) <= limits.nodes
            and builder.parameters + known.parameters <= limits.parameters
            and builder.activations + known.activations <= limits.activations
            and session.spent + known.work <= session.allowed
            and not any(self._owner(owner) in builder.owned for owner, _ in known.owned)
        )

    def made(self, use: Span) -> "stages.Flow":
        """Puts the copy into the graph."""
        builder, session, known = self.context.builder, self.context.session, self.known
        builder.values += known.values
        builder.nodes += [self._node(node) for node in known.nodes]
        builder.scopes += [self._scope(scope) for scope in known.scopes]
        builder.owned.update((self._owner(owner), weights) for owner, weights in known.owned)
        builder.parameters += known.parameters
        builder.activations += known.activations
        session.spend(use, known.work)
        session.meant.update(self._places(known.meant))
        for place, (path, value) in self._places(known.applied):
            session.applied[place] = self._place(path), value
        outputs = [Tensor(self._id(item.id), item.type, item.span) for item in known.outputs]
        return stages.gather(outputs, known.names)

    def _id(self, number: int) -> int:
        found = self.ids.get(number)
        return number + self.shift if found is None else found

    def _ids(self, numbers: Sequence[int]) -> tuple[int, ...]:
        return tuple([self._id(number) for number in numbers])

    def _path(self, path: str) -> str:
        return self.path + path[len(self.known.path) :]

    def _owner(self, owner: str) -> str:
        return self.owner + owner[len(self.known.owner) :]

    def _place(self, place: str) -> str:
        return self.root + place[len(self.known.root) :]

    def _places(self, entries: Places) -> list[tuple[tuple[str, int], Any]]:
        return [((self._place(place), key), value) for (place, key), value in entries]

    def _node(self, node: Node) -> Node:
        return Node(
            node.layer,
            self._ids(node.inputs),
            self._ids(node.outputs),
            self._path(node.name),
            self._owner(node.owner),
            node.span,
            node.tied,
            node.initialiser,
        )

    def _scope(self, scope: Scope) -> Scope:
        return Scope(
            self._path(scope.path),
            scope.kind,
            scope.function,
            scope.hyperparameters,
            scope.start + self.later,
            scope.end + self.later,
            self._ids(scope.inputs),
            self._ids(scope.outputs),
        )
