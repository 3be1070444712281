"""Leaky rectified linear unit."""

from typing import ClassVar

from ..hyperparameter import between, option
from ..lowering import OnnxBuilder
from ._activation import Activation


class LeakyRelu(Activation):
    """x where x > 0, else slope * x. Shapes: any -> the same. Source: Maas et al. 2013."""

    example: ClassVar[str] = "x -> leaky_relu(slope=0.1)"
    cost: ClassVar[int] = 2
    template: ClassVar[str] = "F.leaky_relu({0}, {slope})"

    slope: float = option(default=0.01, domain=between(0.001, 0.5, log=True))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("LeakyRelu", inputs[0], alpha=self.slope)
