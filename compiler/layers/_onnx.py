"""ONNX forms that several layers need and that changed between opset 17 and 23."""

from collections.abc import Sequence

from ..lowering import OnnxBuilder
from ..types import DType


def reduce(onnx: OnnxBuilder, op: str, x: str, axes: Sequence[int], *, keep: bool) -> str:
    """A `Reduce…` operator: its axes became an input at opset 18, those of ReduceSum at 13."""
    if onnx.opset >= 18 or op == "ReduceSum":
        return onnx.op(op, x, onnx.ints(axes), keepdims=int(keep))
    return onnx.op(op, x, axes=list(axes), keepdims=int(keep))


def halves(onnx: OnnxBuilder, x: str, axis: int) -> tuple[str, ...]:
    """The two halves along an axis; from opset 18 on the operator wants to be told how many."""
    count = {"num_outputs": 2} if onnx.opset >= 18 else {}
    return onnx.ops("Split", 2, x, axis=axis, **count)


def standardise(onnx: OnnxBuilder, x: str, axes: Sequence[int], eps: float, dtype: DType) -> str:
    """(x - mean) / sqrt(variance + eps) over the axes, for sizes that only the run knows."""
    centred = onnx.op("Sub", x, reduce(onnx, "ReduceMean", x, axes, keep=True))
    variance = reduce(onnx, "ReduceMean", onnx.op("Mul", centred, centred), axes, keep=True)
    deviation = onnx.op("Sqrt", onnx.op("Add", variance, onnx.number(eps, dtype)))
    return onnx.op("Div", centred, deviation)


def transposed(onnx: OnnxBuilder, x: str, order: Sequence[int]) -> str:
    """`x` with its axes in another order; nothing is added where the order stays."""
    if list(order) == sorted(order):
        return x
    return onnx.op("Transpose", x, perm=list(order))
