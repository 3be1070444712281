"""Sigmoid linear unit, also called swish."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ._activation import Activation


class Silu(Activation):
    """x * sigmoid(x) for every element. Shapes: any -> the same.

    Source: Ramachandran et al. 2017.
    """

    example: ClassVar[str] = "x -> silu"
    cost: ClassVar[int] = 5
    template: ClassVar[str] = "F.silu({0})"

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        return onnx.op("Mul", x, onnx.op("Sigmoid", x))
