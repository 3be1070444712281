"""A layer put into the graph; where it is refused, whoever explores learns what that rests on.

Comes in: a layer with its settings, and what flows in. Goes out: what flows out. While one
explores, what is known to be refused is refused at once.
"""

from ...grammar.diagnostic import Diagnostic, Fault
from ...grammar.span import Span
from .. import errors
from ..layer import Layer
from . import refusals
from .context import Context
from .grounds import Argued
from .values import LayerStage, OpenReal, Tensor

Inputs = tuple[Tensor, ...]


def add(
    stage: LayerStage,
    inputs: Inputs,
    name: str,
    owner: str,
    span: Span,
    context: Context,
) -> Inputs:
    """A node. Where it is refused, whoever explores learns which decisions that rests on."""
    if context.session.holds is not None and not context.builder.facts.assumptions:
        _refuse_known(stage.layer, inputs, span, context)
    try:
        made = context.builder.add(stage, inputs, name, owner, span)
    except Fault as fault:
        if context.session.holds is not None:
            _tell_grounds(fault, stage.layer, inputs, context)
        raise
    argued = context.session.argued
    if argued is not None and argued.layer is stage.layer:
        _tell_applied(argued, inputs, context)
        if argued.reals:
            _tell_reals(stage, inputs, context)
    return made


def _tell_applied(argued: Argued, inputs: Inputs, context: Context) -> None:
    """A layer makes outputs of the arguments that were decided for it alone."""
    if context.memory is None and not context.builder.facts.assumptions:
        types = tuple([item.type for item in inputs])
        context.session.decider.note_applied(argued, types)


def _refuse_known(layer: Layer, inputs: Inputs, span: Span, context: Context) -> None:
    """Raises the Fault at once that the layer raised elsewhere for what it reads here too."""
    known = refusals.known(layer, inputs)
    if known is not None:
        reason = refusals.again(known.reason, layer.name, inputs, span)
        _tell_rests(reason, layer, known.settings, context)
        raise Fault(reason)


def _tell_rests(reason: Diagnostic, layer: Layer, read: frozenset[str], context: Context) -> None:
    """A refusal rests on what stood before the arguments, and on those that were read."""
    argued = context.session.argued
    if argued is not None and argued.layer is layer:
        context.session.rests = reason, argued.grounds(read)


def _tell_reals(stage: LayerStage, inputs: Inputs, context: Context) -> None:
    """Numbers from real ranges that the layer took as they are, and that decide nothing in it."""
    decider, argued = context.session.decider, context.session.argued
    if context.builder.facts.assumptions:
        return
    for name, place in argued.reals:
        domain = decider.domain(place)
        ends = OpenReal(domain.low), OpenReal(domain.high)
        if not any(refusals.decides(stage, name, end, inputs) for end in ends):
            decider.prove(place)


def _tell_grounds(fault: Fault, layer: Layer, inputs: Inputs, context: Context) -> None:
    """What a refusal rests on: the decisions that the layer read, or nothing but its kind."""
    argued = context.session.argued
    mine = argued is not None and argued.layer is layer
    if mine and isinstance(fault.diagnostic, errors.limits.TooManyActivations):
        _tell_applied(argued, inputs, context)
    if not mine and layer.hyperparameters():
        return
    read = refusals.reading(layer, inputs, fault, context.builder.facts)
    if read is None:
        return
    if not read.sizes and hasattr(fault.diagnostic, "site"):
        refusals.note(layer, inputs, read.settings, fault.diagnostic)
    _tell_rests(fault.diagnostic, layer, read.settings, context)
