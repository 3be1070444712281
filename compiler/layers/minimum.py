"""The smaller of tensors, element by element."""

from typing import ClassVar

from ..lowering import Call
from ..types import TensorType
from ._joining import Joining


class Minimum(Joining):
    """The smaller of x and y, element by element. Shapes broadcast as NumPy's do."""

    example: ClassVar[str] = "(a, b) -> minimum"
    operator: ClassVar[str] = "minimum"
    onnx_op: ClassVar[str] = "Min"

    def to_torch(self, *inputs: TensorType) -> Call:
        """PyTorch's takes tensors only: a number is a bound."""
        if self.number is None:
            return super().to_torch(*inputs)
        return Call("torch.clamp({0}, max={number})", {"number": self.number})
