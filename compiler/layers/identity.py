"""Nothing: the input as it is."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Identity(Layer):
    """The input itself. Shapes: any -> the same."""

    family: ClassVar[str] = "control"
    example: ClassVar[str] = "x -> identity"

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return inputs[0]

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", inputs[0])
