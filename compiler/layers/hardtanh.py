"""Hard tanh."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._activation import Activation


class Hardtanh(Activation):
    """min(max(x, low), high) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> hardtanh"
    cost: ClassVar[int] = 2
    template: ClassVar[str] = "F.hardtanh({0}, {low}, {high})"

    low: float = option(default=-1.0)
    high: float = option(default=1.0)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(self.low < self.high, "low", self.low, f"below high, which is {self.high}")
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        dtype = onnx.type(x).dtype
        return onnx.op("Clip", x, onnx.number(self.low, dtype), onnx.number(self.high, dtype))
