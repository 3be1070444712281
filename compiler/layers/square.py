"""Square."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ._mathematics import Mathematical


class Square(Mathematical):
    """x * x, for floats and integers. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> square"
    function: ClassVar[str] = "square"
    onnx_ops: ClassVar[tuple[str, ...]] = ()
    accepts: ClassVar[str] = "numeric"

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Mul", inputs[0], inputs[0])
