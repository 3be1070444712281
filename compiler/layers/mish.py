"""Mish."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ._activation import Activation


class Mish(Activation):
    """x * tanh(softplus(x)) for every element. Shapes: any -> the same. Source: Misra 2019."""

    example: ClassVar[str] = "x -> mish"
    cost: ClassVar[int] = 10
    template: ClassVar[str] = "F.mish({0})"

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        if onnx.opset >= 18:
            return onnx.op("Mish", x)
        return onnx.op("Mul", x, onnx.op("Tanh", onnx.op("Softplus", x)))
