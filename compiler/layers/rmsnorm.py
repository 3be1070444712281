"""Normalisation by the root of the mean square."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import option
from ..layer import WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import TensorType
from ._normalising import Normalising
from ._onnx import reduce


class Rmsnorm(Normalising):
    """x / sqrt(mean(x ** 2) + eps) * weight over the last axis.

    Shapes: [*, D] -> the same. Weights: weight [D]. Source: Zhang and Sennrich 2019.
    """

    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> rmsnorm"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, T, 4]", "f32[N, 6]")

    eps: float = option(default=1e-6)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.rank(x, 1, -1)
        check.setting(self.eps > 0, "eps", self.eps, "above 0")
        check.known(x.shape[-1], "the size of the last axis")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        return {"weight": WeightType((_width(x),), x.dtype)}

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * 4

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        return Module("nn.RMSNorm", (_width(x),), {"eps": self.eps} | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        if onnx.opset >= 23:
            return onnx.op("RMSNormalization", x, onnx.weight("weight"), axis=-1, epsilon=self.eps)
        dtype = onnx.type(x).dtype
        square = reduce(onnx, "ReduceMean", onnx.op("Mul", x, x), [-1], keep=True)
        root = onnx.op("Sqrt", onnx.op("Add", square, onnx.number(self.eps, dtype)))
        return onnx.op("Mul", onnx.op("Div", x, root), onnx.weight("weight"))


def _width(x: TensorType) -> int:
    width = x.shape[-1]
    assert isinstance(width, int)  # infer proved it
    return width
