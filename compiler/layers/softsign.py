"""Softsign."""

from typing import ClassVar

from ._activation import Activation


class Softsign(Activation):
    """x / (1 + abs(x)) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> softsign"
    cost: ClassVar[int] = 3
    template: ClassVar[str] = "F.softsign({0})"
    onnx_op: ClassVar[str] = "Softsign"
