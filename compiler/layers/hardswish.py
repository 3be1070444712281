"""Hard swish."""

from typing import ClassVar

from ._activation import Activation


class Hardswish(Activation):
    """x * clip(x + 3, 0, 6) / 6 for every element. Source: Howard et al. 2019 (MobileNetV3).
    Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> hardswish"
    cost: ClassVar[int] = 5
    template: ClassVar[str] = "F.hardswish({0})"
    onnx_op: ClassVar[str] = "HardSwish"
