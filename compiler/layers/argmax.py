"""Where the largest element stands."""

from typing import ClassVar

from ._argument import Argument


class Argmax(Argument):
    """The index of the largest element along one axis, the first of equal ones. Shapes: [N, C]
    with axes [1] -> i64[N].
    """

    example: ClassVar[str] = "x -> argmax(axes=[1])"
    template: ClassVar[str] = "torch.argmax({0}, dim={axis}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ArgMax"
