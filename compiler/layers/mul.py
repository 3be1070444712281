"""Product of tensors."""

from typing import ClassVar

from ._joining import Joining


class Mul(Joining):
    """x * y, element by element. Shapes broadcast as NumPy's do."""

    example: ClassVar[str] = "(a, b) -> mul"
    operator: ClassVar[str] = "*"
    onnx_op: ClassVar[str] = "Mul"
