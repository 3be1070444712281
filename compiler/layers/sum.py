"""Sum over axes."""

from typing import ClassVar

from ..checks import Checks
from ..lowering import Call
from ..types import TensorType
from ._reduction import Reduction


class Sum(Reduction):
    """The sum over the axes, in the dtype of what is summed: PyTorch's silent step from i32 to i64
    is not made.

    Shapes: [N, T, D] with axes [1] -> [N, D]. Integers are i32 or i64.
    """

    example: ClassVar[str] = "x -> sum(axes=[1])"
    template: ClassVar[str] = "torch.sum({0}, dim={axes}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ReduceSum"
    floats: ClassVar[bool] = False
    nonempty: ClassVar[bool] = False

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.wide(inputs[0])
        return super().infer(check, *inputs)

    def to_torch(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        if x.dtype.is_float:
            return super().to_torch(x)
        template = "torch.sum({0}, dim={axes}, keepdim={keep}, dtype={dtype})"
        return Call(template, dict(vars(self)) | {"dtype": x.dtype})
