"""Running sum along an axis."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, between, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import I64, TensorType


class Cumsum(Layer):
    """The sum of all elements up to each position of an axis, in the dtype of what is summed.
    Integers are i32 or i64.

    Shapes: any -> the same.
    """

    family: ClassVar[str] = "reduction"
    example: ClassVar[str] = "x -> cumsum(axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T] -> _(axis=1)",
        "i64[N, T, 3] -> _(axis=-2)",
    )

    axis: AxisAt = required(between(1, 3))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.numeric(x)
        check.wide(x)
        check.axis(x, self.axis)
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        dtype = "" if x.dtype.is_float else ", dtype={dtype}"
        values = {"axis": self.axis, "dtype": x.dtype}
        return Call(f"torch.cumsum({{0}}, dim={{axis}}{dtype})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("CumSum", inputs[0], onnx.constant(self.axis, I64))
