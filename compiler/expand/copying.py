"""A block that is used again with the same hyperparameters and input types is copied, not expanded
anew: a network of fifteen equal cells takes the time of one, and the programs of a space take from
one another what they have in common.

Comes in: a use of a block, where a network is checked or a decided program is expanded, or where
one explores a space and asks for costs. Goes out: what expanding it would give, with names, owners
and numbers of values of its own. Only what rests on nothing else is copied: nothing was decided,
stated, tied or reported in it, and all its weights are its own.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

from ...grammar.record import record, replaced
from ...grammar.span import Span
from ..graph import Node, Scope
from ..layer import WeightType
from ..types import TensorType
from . import functions, stages
from .context import Context, join
from .uses import KnownUses
from .values import FunctionStage, Tensor

Weights = tuple[Mapping[str, WeightType], Span]
Places = tuple[tuple[tuple[str, int], Any], ...]


@record
class Copied:
    """What one use of a block made, told from that use: names without its path, weights without its
    owner, places without its root. Values are numbered from 0 in the order in which they were made;
    the block's inputs come before, so that the last of them is -1. `stage` is kept since keys hold
    ids of what is in it.
    """

    stage: FunctionStage
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
    copies: KnownUses,
) -> "stages.Flow":
    """As `functions.apply`; `key` is the same for uses that make the same, which `copies` keeps."""
    known = copies.find(stage.reference.function, key)
    if known is not None:
        again = _Again(known, inputs, name, owner, context)
        if again.fits():
            return again.made(use)
    before = _Before(inputs, name, owner, context)
    flow = functions.apply(stage, inputs, name, owner, use, context)
    made = before.copied(stage, flow) if known is None else None
    if made is not None:
        copies.keep(key, made)
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
        self.made = None if session.holds is None else session.decider.made
        self.applied, self.meant = len(session.applied), len(session.meant)
        self.sizes = builder.parameters, builder.activations, session.spent

    def copied(self, stage: FunctionStage, flow: "stages.Flow") -> Copied | None:
        """What was made since; None where anything was decided, stated, tied or reported in it, or
        what was made rests on more than the inputs or is named elsewhere.
        """
        builder, session = self.context.builder, self.context.session
        alone = (
            builder.facts is self.facts
            and builder.obligations() == self.bound
            and len(session.decided) == self.decided
            and (self.made is None or session.decider.made == self.made)
            and len(session.reports) == self.reports
        )
        if not alone:
            return None
        parameters, activations, work = self.sizes
        try:
            return Copied(
                stage,
                tuple(builder.values[self.values :]),
                tuple([self._node(node) for node in builder.nodes[self.nodes :]]),
                tuple([self._scope(scope) for scope in builder.scopes[self.scopes :]]),
                tuple(
                    [
                        (_below(self.owner, owner), weights)
                        for owner, weights in _latest(builder.owned, self.owned)
                    ]
                ),
                tuple(
                    [
                        ((_below(self.root, place), key), (_below(self.root, path), value))
                        for (place, key), (path, value) in _latest(session.applied, self.applied)
                    ]
                ),
                tuple(
                    [
                        ((_below(self.root, place), key), value)
                        for (place, key), value in _latest(session.meant, self.meant)
                    ]
                ),
                tuple([Tensor(self._id(t.id), t.type, t.span) for t in stages.flatten(flow)]),
                () if isinstance(flow, Tensor) else flow.names,
                builder.parameters - parameters,
                builder.activations - activations,
                session.spent - work,
            )
        except _Elsewhere:
            return None

    def _id(self, number: int) -> int:
        if number >= self.values:
            return number - self.values
        if number not in self.inputs:
            raise _Elsewhere
        return self.inputs.index(number) - len(self.inputs)

    def _ids(self, numbers: Sequence[int]) -> tuple[int, ...]:
        return tuple([self._id(number) for number in numbers])

    def _node(self, node: Node) -> Node:
        return replaced(
            node,
            inputs=self._ids(node.inputs),
            outputs=self._ids(node.outputs),
            name=_below(self.path, node.name),
            owner=_below(self.owner, node.owner),
        )

    def _scope(self, scope: Scope) -> Scope:
        return replaced(
            scope,
            path=_below(self.path, scope.path),
            start=scope.start - self.nodes,
            end=scope.end - self.nodes,
            inputs=self._ids(scope.inputs),
            outputs=self._ids(scope.outputs),
        )


class _Elsewhere(Exception):
    """What a use made rests on something outside it."""


def _below(path: str, name: str) -> str:
    """The rest of a name after a path: empty, or with the point that follows it."""
    if name.startswith(path) and name[len(path) : len(path) + 1] in ("", "."):
        return name[len(path) :]
    raise _Elsewhere


def _latest(entries: dict[Any, Any], before: int) -> tuple[Any, ...]:
    """The entries that were added to a dictionary since it had so many, in order."""
    return tuple(islice(reversed(entries.items()), len(entries) - before))[::-1]


class _Again:
    """Another use of the block."""

    def __init__(
        self, known: Copied, inputs: Sequence[Tensor], name: str, owner: str, context: Context
    ) -> None:
        self.known, self.context, self.owner = known, context, owner
        self.path = join(context.path, name)
        self.root = join(context.place, name)
        self.given = [item.id for item in inputs]
        self.first = len(context.builder.values)
        self.start = len(context.builder.nodes)

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
            and not any(self.owner + owner in builder.owned for owner, _ in known.owned)
        )

    def made(self, use: Span) -> "stages.Flow":
        """Puts the copy into the graph."""
        builder, session, known = self.context.builder, self.context.session, self.known
        root = self.root
        builder.values += known.values
        builder.nodes += [self._node(node) for node in known.nodes]
        builder.scopes += [self._scope(scope) for scope in known.scopes]
        for owner, weights in known.owned:
            builder.owned[self.owner + owner] = weights
        builder.parameters += known.parameters
        builder.activations += known.activations
        session.spend(use, known.work)
        for (place, key), value in known.meant:
            session.meant[root + place, key] = value
        for (place, key), (path, value) in known.applied:
            session.applied[root + place, key] = root + path, value
        ids = self._ids([item.id for item in known.outputs])
        told = zip(ids, known.outputs, strict=True)
        outputs = [Tensor(number, item.type, item.span) for number, item in told]
        return stages.gather(outputs, known.names)

    def _ids(self, numbers: Sequence[int]) -> tuple[int, ...]:
        first, given = self.first, self.given
        return tuple([first + n if n >= 0 else given[n] for n in numbers])

    def _node(self, node: Node) -> Node:
        return Node(
            node.layer,
            self._ids(node.inputs),
            self._ids(node.outputs),
            self.path + node.name,
            self.owner + node.owner,
            node.span,
            node.tied,
            node.initialiser,
        )

    def _scope(self, scope: Scope) -> Scope:
        return Scope(
            self.path + scope.path,
            scope.kind,
            scope.function,
            scope.hyperparameters,
            self.start + scope.start,
            self.start + scope.end,
            self._ids(scope.inputs),
            self._ids(scope.outputs),
        )
