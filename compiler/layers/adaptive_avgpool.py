"""Mean pooling to a given size."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ..types import DType
from ._adaptive import AdaptivePooling
from ._onnx import reduce


class AdaptiveAvgpool(AdaptivePooling):
    """The means over windows that cut each spatial axis into `size` stretches. Shapes: [N, C, *S]
    -> [N, C, *size].
    """

    example: ClassVar[str] = "x -> adaptive_avgpool(4)"
    word: ClassVar[str] = "avg"
    reduction: ClassVar[str] = "ReduceMean"
    pooling: ClassVar[str] = "AveragePool"

    def fold(self, onnx: OnnxBuilder, x: str, inside: str, dtype: DType) -> str:
        member = onnx.op("Cast", inside, to=dtype.onnx)
        share = onnx.op("Div", member, reduce(onnx, "ReduceSum", member, [1], keep=True))
        return onnx.op("MatMul", x, onnx.op("Transpose", share, perm=[1, 0]))
