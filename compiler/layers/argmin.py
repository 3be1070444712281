"""Where the smallest element stands."""

from typing import ClassVar

from ._argument import Argument


class Argmin(Argument):
    """The index of the smallest element along one axis, the first of equal ones. Shapes: [N, C]
    with axes [1] -> i64[N].
    """

    example: ClassVar[str] = "x -> argmin(axes=[1])"
    template: ClassVar[str] = "torch.argmin({0}, dim={axis}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ArgMin"
