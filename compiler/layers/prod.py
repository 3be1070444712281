"""Product over axes."""

from typing import ClassVar

from ..checks import Checks
from ..lowering import Call
from ..types import TensorType
from ._reduction import Reduction


class Prod(Reduction):
    """The product over the axes, in the dtype of what is multiplied. Integers are i32 or i64.

    Shapes: [N, T, D] with axes [1] -> [N, D].
    """

    example: ClassVar[str] = "x -> prod(axes=[1])"
    onnx_op: ClassVar[str] = "ReduceProd"
    floats: ClassVar[bool] = False
    nonempty: ClassVar[bool] = False

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.wide(inputs[0])
        return super().infer(check, *inputs)

    def to_torch(self, *inputs: TensorType) -> Call:
        """PyTorch's takes one axis at a time, the last one first so that the others keep their
        places.
        """
        (x,) = inputs
        dtype = "" if x.dtype.is_float else ", dtype={dtype}"
        result = "{0}"
        for axis in reversed(self.positions(x)):
            result = f"torch.prod({result}, dim={axis}, keepdim={{keep}}{dtype})"
        return Call(result, {"keep": self.keep, "dtype": x.dtype})
