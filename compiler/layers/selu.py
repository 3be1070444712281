"""Scaled exponential linear unit."""

from typing import ClassVar

from ._activation import Activation


class Selu(Activation):
    """scale * (max(x, 0) + min(alpha * (exp(x) - 1), 0)) with the constants that keep mean 0 and
    variance 1.

    Source: Klambauer et al. 2017. Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> selu"
    cost: ClassVar[int] = 6
    template: ClassVar[str] = "F.selu({0})"
    onnx_op: ClassVar[str] = "Selu"
