"""Layers that treat every element alike: activations and mathematical functions of one input."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..types import TensorType


class Elementwise(Layer):
    """One float input, an output of the same type. `cost` is the floating-point operations for each
    element.
    """

    cost: ClassVar[int] = 1

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * self.cost
