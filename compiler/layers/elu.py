"""Exponential linear unit."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import between, option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._activation import Activation


class Elu(Activation):
    """x where x > 0, else alpha * (exp(x) - 1). Shapes: any -> the same. Source: Clevert et al.
    2016.
    """

    example: ClassVar[str] = "x -> elu"
    cost: ClassVar[int] = 4
    template: ClassVar[str] = "F.elu({0}, {alpha})"

    alpha: float = option(default=1.0, domain=between(0.1, 2.0))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(self.alpha > 0, "alpha", self.alpha, "above 0")
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Elu", inputs[0], alpha=self.alpha)
