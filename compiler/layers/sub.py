"""Difference of tensors."""

from typing import ClassVar

from ._joining import Joining


class Sub(Joining):
    """x - y, element by element. Shapes broadcast as NumPy's do."""

    example: ClassVar[str] = "(a, b) -> sub"
    operator: ClassVar[str] = "-"
    onnx_op: ClassVar[str] = "Sub"
    commutes: ClassVar[bool] = False
