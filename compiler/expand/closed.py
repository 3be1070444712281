"""Blocks in which nothing is decided: what flows out is worked out once.

Where nobody explores, a later use is copied (`copying.py`). While one explores less is needed:
a cell that is used fifteen times with its choices made is one question, not fifteen: its outcome
follows from the block, its hyperparameters and the types that flow in. The graph that grows while a
space is explored is thrown away, so on a second use only the outputs are made, and the nodes of the
first stand for its own. Where costs are asked for, nothing is left out, and it is copied too.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from ...grammar.record import record
from ...grammar.span import Span
from ..types import DType, TensorType
from . import copying, functions, stages
from .context import Context
from .holding import captured, fingerprint, volatile
from .reals import decided_reals, reals_in
from .uses import KnownUses
from .values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    LayerReference,
    LayerStage,
    Tensor,
    decisions_key,
)

MOST_KEPT = 50_000


class CostsWanted(Exception):
    """A body asks for its costs: nothing may be left out in this space."""


class Indivisible(Exception):
    """What a use of a block comes to rests on more than the use, or adds to more than that."""


@record
class Outcome:
    """The types that flow out with their names, and what the use adds to the program's size."""

    types: tuple[TensorType, ...]
    names: tuple[str | None, ...]
    nodes: tuple[Any, ...]
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
) -> "stages.Flow":
    """As `functions.apply`, remembering what came out where nothing was decided."""
    session, function = context.session, stage.reference.function
    if session.holds is None:
        return _once(stage, inputs, name, owner, use, context)
    plain = context.memory is None and context.cell is None
    if session.uses is not None and plain and _is_parted(stage, context):
        return _again(session.uses.decide(stage, inputs, name, use, context), use, context)
    if not plain or volatile(stage):
        return functions.apply(stage, inputs, name, owner, use, context)
    if session.closed is None and session.counted is not None:
        return _counted(stage, inputs, name, owner, use, context, session.counted)
    known = session.closed
    if known is None or not known.pays(function):
        return functions.apply(stage, inputs, name, owner, use, context)
    key = _key(stage, inputs, context)
    found = known.find(function, key)
    if found is not None:
        return _again(found, use, context)
    before = _Before(context)
    flow = functions.apply(stage, inputs, name, owner, use, context)
    if before.is_closed():
        known.keep(key, before.outcome(flow))
    return flow


def _once(
    stage: FunctionStage,
    inputs: Sequence[Tensor],
    name: str,
    owner: str,
    use: Span,
    context: Context,
) -> "stages.Flow":
    """Where nobody explores: a use like an earlier one is copied."""
    session = context.session
    plain = context.memory is None and context.cell is None
    if session.reads is not None:  # what is copied is not read
        plain = plain and not context.frozen and all(map(_is_plain, stage.values.values()))
    if not (plain and session.copies.pays(stage.reference.function)) or volatile(stage):
        return functions.apply(stage, inputs, name, owner, use, context)
    key: Hashable = _key_of_copy(stage, inputs, context)
    if session.has_reals:
        key = key, _reals(stage, context)
    return copying.apply(stage, inputs, name, owner, use, context, key, session.copies)


def _counted(
    stage: FunctionStage,
    inputs: Sequence[Tensor],
    name: str,
    owner: str,
    use: Span,
    context: Context,
    counted: KnownUses,
) -> "stages.Flow":
    """Where one explores and costs are asked for, each node counts: a use like an earlier one is
    copied with all of them. A limit on layers wants to be asked before each.
    """
    told_apart = context.session.uses is None and context.session.ahead is None
    if not told_apart or not counted.pays(stage.reference.function):
        return functions.apply(stage, inputs, name, owner, use, context)
    key = _key_of_copy(stage, inputs, context)
    return copying.apply(stage, inputs, name, owner, use, context, key, counted)


def _key_of_copy(stage: FunctionStage, inputs: Sequence[Tensor], context: Context) -> Hashable:
    """What a copy with all its nodes rests on: also which inputs are one tensor, and which axes
    count as one example.
    """
    ids = [item.id for item in inputs]
    pattern = tuple([ids.index(number) for number in ids])
    return _key(stage, inputs, context), pattern, tuple(context.builder.batch)


def _is_plain(value: Any) -> bool:
    """Whether a hyperparameter was read when it was given."""
    return isinstance(value, int | float | str | DType)


def _reals(stage: FunctionStage, context: Context) -> tuple[float, ...]:
    """The numbers that tell two uses apart beside the key."""
    known = (*reals_in(tuple(context.session.lets.values())), *decided_reals(context.frozen))
    return (*reals_in(stage), *known)


def _is_parted(stage: FunctionStage, context: Context) -> bool:
    """Whether a use within itself is a space of its own. One that reads a number of a real range is
    not: whether the number is refused is to be seen where it is decided.
    """
    within = id(stage.reference.function) in context.within
    return within and stands_alone(stage) and not _reals(stage, context)


def stands_alone(value: Any) -> bool:
    """Whether a value holds no tensor, instance or file's name that it would be taken from."""
    match value:
        case FunctionStage(values=values):
            return all(map(stands_alone, values.values()))
        case FragmentStage():
            return all(map(stands_alone, captured(value)))
        case LayerStage(tied=tied):
            return not tied
        case tuple() | list():
            return all(map(stands_alone, value))
        case None | FunctionReference() | LayerReference():
            return True
        case _:
            return isinstance(value, int | float | str | DType)


def _key(stage: FunctionStage, inputs: Sequence[Tensor], context: Context) -> Hashable:
    return key_of(stage, inputs, context), context.within, len(context.trail)


def key_of(stage: FunctionStage, inputs: Sequence[Tensor], context: Context) -> Hashable:
    """What comes out of a use rests on this, and on the uses that it stands in."""
    lets = context.session.lets
    return (
        fingerprint(stage),
        tuple([item.type for item in inputs]),
        context.builder.facts.assumptions,
        decisions_key(context.frozen) if context.frozen else (),
        tuple((name, fingerprint(value)) for name, value in lets.items()) if lets else (),
        context.level,
    )


def _again(found: Outcome, use: Span, context: Context) -> "stages.Flow":
    builder = context.builder
    builder.nodes += found.nodes
    builder.parameters += found.parameters
    builder.activations += found.activations
    context.session.spend(use, found.work)
    return stages.gather([builder.value(type_, use) for type_ in found.types], found.names)


class _Before:
    """How things stood before a use."""

    def __init__(self, context: Context) -> None:
        builder, session = context.builder, context.session
        self.context = context
        self.made = session.decider.made
        self.facts = builder.facts
        self.nodes = len(builder.nodes)
        self.sizes = builder.parameters, builder.activations, session.spent
        self.bound = builder.obligations()

    def is_closed(self) -> bool:
        """Whether nothing was decided or stated since, and no weight tied."""
        builder, session = self.context.builder, self.context.session
        same = builder.facts is self.facts and builder.obligations() == self.bound
        return same and session.decider.made == self.made

    def outcome(self, flow: "stages.Flow") -> Outcome:
        builder, session = self.context.builder, self.context.session
        tensors = stages.flatten(flow)
        names = () if isinstance(flow, Tensor) else flow.names
        parameters, activations, work = self.sizes
        return Outcome(
            tuple([item.type for item in tensors]),
            names,
            tuple(builder.nodes[self.nodes :]),
            builder.parameters - parameters,
            builder.activations - activations,
            max(0, session.spent - work),
        )
