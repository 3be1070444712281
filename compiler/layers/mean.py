"""Mean over axes."""

from typing import ClassVar

from ._reduction import Reduction


class Mean(Reduction):
    """The mean over the axes. Shapes: [N, C, H, W] with axes [2, 3] -> [N, C]."""

    example: ClassVar[str] = "x -> mean(axes=[2, 3])"
    template: ClassVar[str] = "torch.mean({0}, dim={axes}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ReduceMean"
