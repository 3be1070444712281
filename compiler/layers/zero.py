"""Zeros in place of the input: the operation `none` of architecture search."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Zero(Layer):
    """Zeros of the input's type: cuts values and gradients alike. Shapes: any -> the same."""

    family: ClassVar[str] = "control"
    example: ClassVar[str] = "x -> zero"
    differentiable: ClassVar[bool] = False

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0]

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.zeros_like({0})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Not x * 0, which is no zero where x is infinite."""
        (x,) = inputs
        dtype = onnx.type(x).dtype
        nothing = onnx.constant(False if dtype.is_bool else 0, dtype)
        return onnx.op("Expand", nothing, onnx.op("Shape", x))
