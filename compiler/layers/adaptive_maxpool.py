"""Maximum pooling to a given size."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ..types import DType
from ._adaptive import AdaptivePooling
from ._onnx import reduce


class AdaptiveMaxpool(AdaptivePooling):
    """The maxima over windows that cut each spatial axis into `size` stretches. Shapes: [N, C, *S]
    -> [N, C, *size].
    """

    example: ClassVar[str] = "x -> adaptive_maxpool(4)"
    word: ClassVar[str] = "max"
    reduction: ClassVar[str] = "ReduceMax"
    pooling: ClassVar[str] = "MaxPool"

    def fold(self, onnx: OnnxBuilder, x: str, inside: str, dtype: DType) -> str:
        spread = onnx.op("Unsqueeze", x, onnx.ints([-2]))
        lowest = onnx.number(float("-inf"), dtype)
        return reduce(onnx, "ReduceMax", onnx.op("Where", inside, spread, lowest), [-1], keep=False)
