"""Sum of tensors."""

from typing import ClassVar

from ._joining import Joining


class Add(Joining):
    """x + y, element by element; more inputs are added up. Shapes broadcast as NumPy's do."""

    example: ClassVar[str] = "(a, b) -> add"
    operator: ClassVar[str] = "+"
    onnx_op: ClassVar[str] = "Add"
