"""Conversion to another dtype."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import one_of, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import F16, F32, I64, DType, TensorType


class Cast(Layer):
    """The same elements in another dtype: floats lose their fraction on the way to integers; bools
    are 0 and 1.

    Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> cast(f32)"

    dtype: DType = required(one_of(F32, F16, I64))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0].with_dtype(self.dtype)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.to({dtype})", {"dtype": self.dtype})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Cast", inputs[0], to=self.dtype.onnx)
