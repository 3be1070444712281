"""Group normalisation."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, option, required
from ..layer import WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import DType, TensorType, product
from ._normalising import Normalising, along_channels, scale_and_bias
from ._spatial import channels_of


class Groupnorm(Normalising):
    """(x - mean) / sqrt(variance + eps) over each group of channels with their spatial axes; then
    weight and bias.

    Shapes: [N, C, *S] -> the same; the groups divide C, and hold more than one element. Weights:
    weight and bias [C] unless `affine` is false. Source: Wu and He 2018.
    """

    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> groupnorm(8)"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, 8, H, 3]", "f32[N, 8, 4, T]", "f32[N, 8]")

    groups: int = required(one_of(1, 2, 4, 8))
    eps: float = option(default=1e-5)
    affine: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 2, -1)
        check.floating(x)
        check.setting(self.eps > 0, "eps", self.eps, "above 0")
        channels = check.known(x.shape[1], "the number of channels")
        check.divides(self.groups, channels, "groups", "channels")
        elements = channels // self.groups * product(x.shape[2:])
        check.at_least(elements, 2, "the number of elements in a group")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        return scale_and_bias((channels_of(x),), x.dtype) if self.affine else {}

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        settings = {} if self.affine else {"affine": False}
        args = (self.groups, channels_of(x))
        return Module("nn.GroupNorm", args, {"eps": self.eps} | settings | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """The operator of opset 21 has a weight for each channel; before, instances stand for
        groups.
        """
        (x,) = inputs
        type_ = onnx.type(x)
        if onnx.opset >= 21 and type_.rank > 2:
            return self._operator(onnx, x, type_)
        grouped = onnx.op("Reshape", x, onnx.ints([0, self.groups, -1]))
        ones, zeros = self._neutral(onnx, self.groups, type_.dtype)
        y = onnx.op("InstanceNormalization", grouped, ones, zeros, epsilon=self.eps)
        y = onnx.op("Reshape", y, onnx.op("Shape", x))
        return along_channels(onnx, y, type_.rank) if self.affine else y

    def _operator(self, onnx: OnnxBuilder, x: str, type_: TensorType) -> str:
        scale, bias = (
            (onnx.weight("weight"), onnx.weight("bias"))
            if self.affine
            else self._neutral(onnx, channels_of(type_), type_.dtype)
        )
        return onnx.op(
            "GroupNormalization", x, scale, bias, num_groups=self.groups, epsilon=self.eps
        )

    def _neutral(self, onnx: OnnxBuilder, count: int, dtype: DType) -> tuple[str, str]:
        return onnx.constant([1.0] * count, dtype), onnx.constant([0.0] * count, dtype)
