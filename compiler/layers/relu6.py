"""Rectified linear unit with a ceiling of 6."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ._activation import Activation


class Relu6(Activation):
    """min(max(x, 0), 6) for every element. Shapes: any -> the same. Source: Krizhevsky 2010."""

    example: ClassVar[str] = "x -> relu6"
    cost: ClassVar[int] = 2
    template: ClassVar[str] = "F.relu6({0})"

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        dtype = onnx.type(x).dtype
        return onnx.op("Clip", x, onnx.number(0, dtype), onnx.number(6, dtype))
