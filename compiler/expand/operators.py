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

# A float holds so many binary digits, and zeros behind them up to so many in all.
_DIGITS = {"f16": (11, 16), "bf16": (8, 128), "f32": (24, 128), "f64": (53, 1024)}
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
    if dtype.name not in _DIGITS:
        return dtype.is_bool
    digits, most = _DIGITS[dtype.name]
    zeros = (number & -number).bit_length() - 1 if number else 0
    return number.bit_length() <= most and number.bit_length() - zeros <= digits
