"""Softplus."""

from typing import ClassVar

from ._activation import Activation


class Softplus(Activation):
    """log(1 + exp(x)) for every element: a smooth relu. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> softplus"
    cost: ClassVar[int] = 3
    template: ClassVar[str] = "F.softplus({0})"
    onnx_op: ClassVar[str] = "Softplus"
