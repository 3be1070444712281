"""Logical negation."""

from typing import ClassVar

from ..checks import Checks
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class LogicalNot(Layer):
    """True where x is false. Shapes: any, bool -> the same."""

    example: ClassVar[str] = "mask -> logical_not"
    typical: ClassVar[tuple[str, ...]] = ("bool[N, T]",)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.boolean(x)
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.logical_not({0})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Not", inputs[0])
