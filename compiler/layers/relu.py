"""Rectified linear unit."""

from typing import ClassVar

from ._activation import Activation


class Relu(Activation):
    """max(x, 0) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> relu"
    cost: ClassVar[int] = 1
    template: ClassVar[str] = "F.relu({0})"
    onnx_op: ClassVar[str] = "Relu"
