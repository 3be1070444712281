"""Hard sigmoid."""

from typing import ClassVar

from ..lowering import OnnxBuilder
from ._activation import Activation


class Hardsigmoid(Activation):
    """clip(x / 6 + 1 / 2, 0, 1) for every element. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> hardsigmoid"
    cost: ClassVar[int] = 4
    template: ClassVar[str] = "F.hardsigmoid({0})"

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """ONNX's own slope is 0.2, PyTorch's is a sixth."""
        return onnx.op("HardSigmoid", inputs[0], alpha=1 / 6, beta=0.5)
