"""Operators between tensors, and between a tensor and a number: each is a layer of the
vocabulary.
"""

from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from ..types import DType, TensorType
from .arithmetic import is_number
from .context import Context, join
from .lookup import layer_stage
from .values import LayerStage, Results, Tensor, describe

LAYERS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}

# The largest whole number below which a float of so many bits holds every integer exactly.
_EXACT = {"f16": 2**11, "bf16": 2**8, "f32": 2**24, "f64": 2**53}
_BITS = {"i8": 7, "i32": 31, "i64": 63}


def binary(node: ast.Binary, left: Any, right: Any, context: Context) -> Tensor:
    """`a + b` where at least one side is a tensor."""
    for value in (left, right):
        if isinstance(value, Results):
            raise Fault(
                errors.values.BadOperands(node.span, node.operator, describe(left), describe(right))
            )
    if node.operator not in LAYERS:
        raise Fault(errors.values.NoTensorOperator(node.span, node.operator))
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _add(node, {}, (left, right), context)
    tensor, number = (left, right) if isinstance(left, Tensor) else (right, left)
    if not is_number(number):
        raise Fault(
            errors.values.BadOperands(node.span, node.operator, describe(left), describe(right))
        )
    _exact(node, number, tensor.type)
    settings = {"number": number} | ({"reversed": True} if tensor is right else {})
    return _add(node, settings, (tensor,), context)


def negative(node: ast.Unary, value: Tensor, context: Context) -> Tensor:
    return _apply(layer_stage("neg"), "neg", (value,), node, context)


def _add(
    node: ast.Binary, settings: dict[str, Any], inputs: tuple[Tensor, ...], context: Context
) -> Tensor:
    name = LAYERS[node.operator]
    return _apply(layer_stage(name, **settings), name, inputs, node, context)


def _apply(
    stage: LayerStage, name: str, inputs: tuple[Tensor, ...], node: ast.Expression, context: Context
) -> Tensor:
    path = join(context.path, context.fresh(name))
    return context.builder.add(stage, inputs, path, path, node.span)[0]


def _exact(node: ast.Binary, number: Any, type_: TensorType) -> None:
    """A whole number beside a tensor takes its dtype, which must hold it exactly; a real one needs
    a float tensor.
    """
    dtype = type_.dtype
    if isinstance(number, float) and not dtype.is_float:
        raise Fault(errors.values.RealBesideIntegers(node.span, number, str(type_)))
    if isinstance(number, int) and not _holds(dtype, number):
        raise Fault(errors.values.NotExact(node.span, number, str(dtype)))


def _holds(dtype: DType, number: int) -> bool:
    """Whether a whole number is one of the dtype's own."""
    if dtype.name == "u8":
        return 0 <= number < 2**8
    if dtype.name in _BITS:
        return -(1 << _BITS[dtype.name]) <= number < 1 << _BITS[dtype.name]
    return abs(number) <= _EXACT.get(dtype.name, 0) or dtype.is_bool
