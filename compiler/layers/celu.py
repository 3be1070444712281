"""Continuously differentiable exponential linear unit."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import between, option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._activation import Activation


class Celu(Activation):
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0). Shapes: any -> the same. Source: Barron
    2017.
    """

    example: ClassVar[str] = "x -> celu"
    cost: ClassVar[int] = 6
    template: ClassVar[str] = "F.celu({0}, {alpha})"

    alpha: float = option(default=1.0, domain=between(0.1, 2.0))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(self.alpha > 0, "alpha", self.alpha, "above 0")
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """alpha * elu(x / alpha): the operator Celu knows f32 only."""
        (x,) = inputs
        alpha = onnx.number(self.alpha, onnx.type(x).dtype)
        below = onnx.op("Elu", onnx.op("Div", x, alpha), alpha=1.0)
        return onnx.op("Mul", below, alpha)
