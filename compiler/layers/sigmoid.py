"""Logistic sigmoid."""

from typing import ClassVar

from ._activation import Activation


class Sigmoid(Activation):
    """1 / (1 + exp(-x)) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> sigmoid"
    cost: ClassVar[int] = 4
    template: ClassVar[str] = "torch.sigmoid({0})"
    onnx_op: ClassVar[str] = "Sigmoid"
