"""Gaussian error linear unit."""

from math import pi, sqrt
from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, option
from ..lowering import OnnxBuilder
from ..types import F64, TensorType
from ._activation import Activation


class Gelu(Activation):
    """x * P(X <= x) for a standard normal X, exact or by the approximation with tanh.

    Shapes: any -> the same. Source: Hendrycks and Gimpel 2016.
    """

    example: ClassVar[str] = "x -> gelu"
    cost: ClassVar[int] = 8
    template: ClassVar[str] = "F.gelu({0}, approximate={approximate})"

    approximate: str = option(default="none", domain=one_of("none", "tanh"))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        known = self.approximate in ("none", "tanh")
        check.setting(known, "approximate", self.approximate, '"none" or "tanh"')
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        dtype = onnx.type(x).dtype
        if onnx.opset >= 20 and dtype != F64:  # the operator's own constants are f32
            return onnx.op("Gelu", x, approximate=self.approximate)
        curve = self._tanh(onnx, x) if self.approximate == "tanh" else self._erf(onnx, x)
        share = onnx.op(
            "Mul", onnx.op("Add", curve, onnx.number(1, dtype)), onnx.number(0.5, dtype)
        )
        return onnx.op("Mul", x, share)

    def _erf(self, onnx: OnnxBuilder, x: str) -> str:
        return onnx.op("Erf", onnx.op("Mul", x, onnx.number(sqrt(0.5), onnx.type(x).dtype)))

    def _tanh(self, onnx: OnnxBuilder, x: str) -> str:
        """tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))."""
        dtype = onnx.type(x).dtype
        cube = onnx.op("Mul", onnx.op("Mul", x, x), x)
        bent = onnx.op("Add", x, onnx.op("Mul", cube, onnx.number(0.044715, dtype)))
        return onnx.op("Tanh", onnx.op("Mul", bent, onnx.number(sqrt(2 / pi), dtype)))
