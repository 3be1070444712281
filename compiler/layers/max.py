"""The largest element over axes."""

from typing import ClassVar

from ._reduction import Reduction


class Max(Reduction):
    """The largest element over the axes, of floats or integers. Shapes: [N, C, T] with axes [2] ->
    [N, C].
    """

    example: ClassVar[str] = "x -> max(axes=[2])"
    template: ClassVar[str] = "torch.amax({0}, dim={axes}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ReduceMax"
    floats: ClassVar[bool] = False
