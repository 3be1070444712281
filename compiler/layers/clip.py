"""Clipping to an interval."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Axis
from ..hyperparameter import Number, between, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._numbers import expect_fit


class Clip(Layer):
    """min(max(x, low), high) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> clip(-1, 1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4] -> clip(-1, 0.5)",
        "i64[N, 4] -> clip(0, 1)",
    )

    low: Number = required(between(-6, 0))
    high: Number = required(between(1, 6))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.numeric(x)
        expect_fit(check, self.low, x.dtype)
        expect_fit(check, self.high, x.dtype)
        if isinstance(self.low, Axis) or isinstance(self.high, Axis):
            check.at_least(self.high, self.low, "the upper end of clip")
        else:
            check.setting(self.low <= self.high, "low", self.low, f"at most high, {self.high}")
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        low, high = self.low, self.high
        if inputs[0].dtype.is_float:  # an integer and a float confuse PyTorch's exporters
            low, high = (float(end) if isinstance(end, int) else end for end in (low, high))
        return Call("torch.clamp({0}, {low}, {high})", {"low": low, "high": high})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        dtype = onnx.type(x).dtype
        return onnx.op("Clip", x, onnx.number(self.low, dtype), onnx.number(self.high, dtype))
