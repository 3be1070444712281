"""Quotient of tensors."""

from typing import ClassVar

from ..checks import Checks
from ..types import TensorType
from ._joining import Joining


class Div(Joining):
    """x / y, element by element, for floats: integers are converted first, by `cast`. Shapes
    broadcast as NumPy's do.
    """

    example: ClassVar[str] = "(a, b) -> div"
    operator: ClassVar[str] = "/"
    onnx_op: ClassVar[str] = "Div"
    commutes: ClassVar[bool] = False

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.floating(*inputs)
        zero = self.number == 0 and not self.reversed
        check.setting(not zero, "number", self.number, "other than 0 where it divides")
        return super().infer(check, *inputs)
