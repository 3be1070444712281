"""The smallest element over axes."""

from typing import ClassVar

from ._reduction import Reduction


class Min(Reduction):
    """The smallest element over the axes, of floats or integers. Shapes: [N, C, T] with axes [2]
    -> [N, C].
    """

    example: ClassVar[str] = "x -> min(axes=[2])"
    template: ClassVar[str] = "torch.amin({0}, dim={axes}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ReduceMin"
    floats: ClassVar[bool] = False
