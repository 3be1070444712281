"""Instance normalisation."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import option
from ..layer import WeightType, weight_dtype
from ..lowering import Call, Module, OnnxBuilder, TorchCode
from ..types import TensorType, product
from ._normalising import Normalising, scale_and_bias
from ._onnx import standardise
from ._spatial import channels_of


class Instancenorm(Normalising):
    """(x - mean) / sqrt(variance + eps) over the spatial axes, for each channel of each example.

    Shapes: [N, C, *S] -> the same, with more than one element in S. Weights: weight and bias [C]
    with `affine`. Source: Ulyanov et al. 2016.
    """

    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> conv(64, 3) -> instancenorm -> relu"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, 3, H, 4]", "f32[N, 2, 5]", "f32[N, 4, 2, 3, T]")

    eps: float = option(default=1e-5)
    affine: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, 5)
        check.floating(x)
        check.setting(self.eps > 0, "eps", self.eps, "above 0")
        check.at_least(product(x.shape[2:]), 2, "the number of spatial elements")
        if self.affine:
            check.known(x.shape[1], "the number of channels")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        return scale_and_bias((channels_of(x),), x.dtype) if self.affine else {}

    def to_torch(self, *inputs: TensorType) -> TorchCode:
        (x,) = inputs
        if not self.affine:
            return Call("F.instance_norm({0}, eps={eps})", {"eps": self.eps})
        settings = {"eps": self.eps, "affine": True} | weight_dtype(x)
        return Module(f"nn.InstanceNorm{x.rank - 2}d", (channels_of(x),), settings)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        if not self.affine:
            return standardise(onnx, x, range(2, type_.rank), self.eps, type_.dtype)
        weights = onnx.weight("weight"), onnx.weight("bias")
        return onnx.op("InstanceNormalization", x, *weights, epsilon=self.eps)
