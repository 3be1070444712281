"""The larger of tensors, element by element."""

from typing import ClassVar

from ..lowering import Call
from ..types import TensorType
from ._joining import Joining


class Maximum(Joining):
    """The larger of x and y, element by element. Shapes broadcast as NumPy's do."""

    example: ClassVar[str] = "(a, b) -> maximum"
    operator: ClassVar[str] = "maximum"
    onnx_op: ClassVar[str] = "Max"

    def to_torch(self, *inputs: TensorType) -> Call:
        """PyTorch's takes tensors only: a number is a bound."""
        if self.number is None:
            return super().to_torch(*inputs)
        return Call("torch.clamp({0}, min={number})", {"number": self.number})
