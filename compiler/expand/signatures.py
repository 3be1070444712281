"""Ports and types: what flows in is matched against what is declared, axes are bound, what flows
out is checked.
"""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors, rules
from ..dims import Axis, Dim, axis
from ..facts import Facts, Truth
from ..types import DTYPES, F32, DType, TensorType
from . import evaluate, pipelines
from .context import Context
from .environment import Environment
from .holding import names_in_types
from .values import OpenLet, Tensor, describe


def bind_inputs(
    function: ast.Function,
    ports: Sequence[ast.Port | ast.State],
    inputs: Sequence[Tensor],
    env: Environment,
    context: Context,
    use: Span,
) -> None:
    """Binds each port to what flows into it, and the axes that its type names for the first
    time.
    """
    if len(ports) != len(inputs):
        names = tuple(port.name or "_" for port in ports)
        raise Fault(
            errors.signatures.WrongPortCount(
                use, function.name_span, function.name, names, len(inputs)
            )
        )
    for port, tensor in zip(ports, inputs, strict=True):
        if port.type is not None:
            match_input(function, port, port.type, tensor, env, context, use)
        assert port.name is not None
        env.replace(port.name, tensor, port.span)


def match_input(
    function: ast.Function,
    port: ast.Port | ast.State,
    declared: ast.TensorType,
    tensor: Tensor,
    env: Environment,
    context: Context,
    use: Span,
) -> None:
    """An unknown name binds its axis; a known name, a number or an expression is a check."""
    type_ = context.builder.normal(tensor.type)
    dtype = declared_dtype(declared)
    if dtype is not None and dtype != type_.dtype:
        raise Fault(
            errors.signatures.PortDType(
                use, declared.span, function.name, port.name or "", str(dtype), str(type_)
            )
        )
    axes, sizes = align(declared, type_, function, port.name or "", use)
    for node, size in zip(axes, sizes, strict=True):
        _match_axis(node, size, env, context, (function.name, port.name or "", use, type_))


def align(
    declared: ast.TensorType, type_: TensorType, function: ast.Function, port: str, use: Span
) -> tuple[Sequence[ast.Expression], Sequence[Dim]]:
    """The declared axes beside the sizes they stand for, without those that `...` swallows."""
    axes = declared.axes
    if axes and isinstance(axes[0], ast.Ellipsis):
        axes = axes[1:]
        if len(axes) <= type_.rank:
            return axes, type_.shape[type_.rank - len(axes) :]
    elif len(axes) == type_.rank:
        return axes, type_.shape
    raise Fault(
        errors.signatures.PortRank(use, declared.span, function.name, port, len(axes), str(type_))
    )


def _match_axis(
    node: ast.Expression,
    size: Dim,
    env: Environment,
    context: Context,
    where: tuple[str, str, Span, TensorType],
) -> None:
    if isinstance(node, ast.Wildcard):
        return
    if isinstance(node, ast.Name):
        bound = env.find(node.id)
        if bound is None or not _names_size(bound.value, context):
            env.replace(node.id, size, node.span)
            return
    wanted = axis_value(node, env, context)
    answer = context.builder.facts.decide("==", wanted, size)
    if answer is not Truth.PROVED:
        function, port, use, found = where
        raise Fault(
            errors.signatures.PortSize(
                use,
                node.span,
                function,
                port,
                node.span.text,
                wanted,
                size,
                str(found),
                answer is Truth.REFUTED,
            )
        )


def _names_size(value: Any, context: Context) -> bool:
    """Whether a name stands for a size that is known, or that is decided where it is read."""
    if isinstance(value, OpenLet):
        return not pipelines.is_stage(value.declaration.value, value.home, context)
    return is_size(value)


def axis_value(node: ast.Expression, env: Environment, context: Context) -> Dim:
    """The size that an axis expression gives. Raises a Fault unless it is a whole number or an
    axis, at least 0.
    """
    value = evaluate.number(node, env, context)
    if not is_size(value):
        raise Fault(errors.signatures.BadAxis(node.span, describe(value)))
    if isinstance(value, int) and value < 0:
        raise Fault(errors.signatures.BadAxis(node.span, f"the number {value}"))
    return value  # type: ignore[no-any-return]


def declared_dtype(declared: ast.TensorType) -> DType | None:
    if declared.dtype is None:
        return None
    found = DTYPES.get(declared.dtype)
    if found is None:
        raise Fault(errors.signatures.UnknownDType(declared.span, declared.dtype, tuple(DTYPES)))
    return found


def network_input(port: ast.Port, env: Environment, context: Context) -> TensorType:
    """The type of a network's input: a name that is not known yet is a symbolic axis."""
    declared = port.type
    if declared is None:
        raise Fault(errors.signatures.TypeWanted(port.span, port.name or ""))
    sizes: list[Dim] = []
    for node in declared.axes:
        if isinstance(node, (ast.Wildcard, ast.Ellipsis)):
            raise Fault(errors.signatures.OpenAxis(node.span, node.span.text))
        if isinstance(node, ast.Name):
            bound = env.find(node.id)
            if bound is None or not _names_size(bound.value, context):
                size = context.session.axes.get(node.id, axis(node.id))
                env.replace(node.id, size, node.span)
        sizes.append(axis_value(node, env, context))
    return rules.same(TensorType(declared_dtype(declared) or F32, tuple(sizes)))


def state_type(
    state: ast.State, env: Environment, context: Context, like: TensorType
) -> TensorType:
    """The type of a cell's state, whose axes must all be known; its dtype is the input's unless
    declared.
    """
    sizes = tuple(axis_value(node, env, context) for node in state.type.axes)
    return TensorType(declared_dtype(state.type) or like.dtype, sizes)


def known_to_types(function: ast.Function, env: Environment) -> tuple[tuple[str, Any], ...]:
    """The names that declared output types read, with what they stand for in a use."""
    found = [(name, env.find_inside(name)) for name in names_in_types(function.outputs)]
    return tuple((name, bound.value) for name, bound in found if bound is not None)


def check_outputs(
    function: ast.Function, outputs: Sequence[Tensor], env: Environment, context: Context
) -> tuple[str | None, ...]:
    """The names of the outputs, once each is proved to be what the signature says."""
    if not function.outputs:
        return (None,) * len(outputs)
    if len(function.outputs) != len(outputs):
        results = [item for item in function.body.statements if isinstance(item, ast.Result)]
        result = results[-1].span if results else function.span
        raise Fault(
            errors.signatures.WrongOutputCount(
                result, function.outputs[0].span, function.name, len(function.outputs), len(outputs)
            )
        )
    mark = context.session.hold(id(function), known_to_types(function, env), *outputs)
    for port, tensor in zip(function.outputs, outputs, strict=True):
        if port.type is not None:  # which may name what a file leaves open
            _check_output(function, port.type, tensor, env, context)
    context.session.release(mark)
    return tuple(port.name for port in function.outputs)


def _check_output(
    function: ast.Function,
    declared: ast.TensorType,
    tensor: Tensor,
    env: Environment,
    context: Context,
) -> None:
    type_ = context.builder.normal(tensor.type)
    dtype = declared_dtype(declared)
    wrong = dtype is not None and dtype != type_.dtype
    axes = declared.axes
    ellipsis = bool(axes) and isinstance(axes[0], ast.Ellipsis)
    axes = axes[1:] if ellipsis else axes
    wrong = wrong or (len(axes) > type_.rank if ellipsis else len(axes) != type_.rank)
    if wrong:
        raise Fault(
            errors.signatures.OutputDiffers(
                tensor.span, declared.span, function.name, declared.span.text, str(type_), "", True
            )
        )
    for node, size in zip(axes, type_.shape[type_.rank - len(axes) :], strict=True):
        if not isinstance(node, ast.Wildcard):
            _check_size(function, declared, node, size, tensor, env, context)


def _check_size(
    function: ast.Function,
    declared: ast.TensorType,
    node: ast.Expression,
    size: Dim,
    tensor: Tensor,
    env: Environment,
    context: Context,
) -> None:
    wanted = axis_value(node, env, context)
    answer = context.builder.facts.decide("==", wanted, size)
    if answer is Truth.PROVED:
        return
    text = node.span.text
    meaning = "" if text == str(wanted) else f" ({text} is {wanted})"
    fact = f"{size} is not {wanted}{meaning}" if answer is Truth.REFUTED else f"{size} == {wanted}"
    type_ = context.builder.normal(tensor.type)
    raise Fault(
        errors.signatures.OutputDiffers(
            tensor.span,
            declared.span,
            function.name,
            declared.span.text,
            str(type_),
            fact,
            answer is Truth.REFUTED,
        )
    )


def same_type(left: TensorType, right: TensorType, facts: Facts) -> bool:
    """Provably one dtype and one shape."""
    if left.dtype != right.dtype or left.rank != right.rank:
        return False
    pairs = zip(left.shape, right.shape, strict=True)
    return all(facts.decide("==", a, b) is Truth.PROVED for a, b in pairs)


def is_size(value: Any) -> bool:
    return isinstance(value, (int, Axis)) and not isinstance(value, bool)
