"""Hyperbolic tangent."""

from typing import ClassVar

from ._activation import Activation


class Tanh(Activation):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> tanh"
    cost: ClassVar[int] = 6
    template: ClassVar[str] = "torch.tanh({0})"
    onnx_op: ClassVar[str] = "Tanh"
