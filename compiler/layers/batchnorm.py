"""Batch normalisation of channels."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, option
from ..layer import Layer, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import I64, TensorType
from ._spatial import channels_of


class Batchnorm(Layer):
    """(x - mean) / sqrt(variance + eps) for each channel, over the batch in training and with
    running statistics after.

    `update` is the weight of the new batch in the running statistics (PyTorch's momentum; ONNX
    counts the other way round). Shapes: [N, C, *S] or [N, C] -> the same. Weights: weight and bias
    [C] unless `affine` is false; buffers running_mean, running_var [C] and num_batches_tracked.
    Source: Ioffe and Szegedy 2015.
    """

    name: ClassVar[str] = "batchnorm"
    family: ClassVar[str] = "normalisation"
    primary_weight: ClassVar[str | None] = "weight"
    training: ClassVar[bool] = True
    example: ClassVar[str] = "x -> conv(64, 3) -> batchnorm -> relu"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 3, H, W]",
        "f32[N, 4]",
        "f32[N, 2, T]",
    )

    update: float = option(default=0.1, domain=between(0.01, 0.5, log=True))
    eps: float = option(default=1e-5)
    affine: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.rank(x, 2, 5)
        check.known(x.shape[1], "the number of channels")
        check.setting(0 <= self.update <= 1, "update", self.update, "from 0 to 1")
        check.setting(self.eps > 0, "eps", self.eps, "above 0")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        shape = (channels_of(x),)
        affine = {"weight": WeightType(shape, x.dtype), "bias": WeightType(shape, x.dtype)}
        return (affine if self.affine else {}) | {
            "running_mean": WeightType(shape, x.dtype, trainable=False),
            "running_var": WeightType(shape, x.dtype, trainable=False),
            "num_batches_tracked": WeightType((), I64, trainable=False),
        }

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each element: in inference it is one multiplication and one addition."""
        return outputs[0].elements * 2

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        settings: dict[str, object] = {}
        if self.eps != 1e-5:
            settings["eps"] = self.eps
        if self.update != 0.1:
            settings["momentum"] = self.update
        if not self.affine:
            settings["affine"] = False
        return Module(
            f"nn.BatchNorm{max(x.rank - 2, 1)}d", (channels_of(x),), settings | weight_dtype(x)
        )

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        if self.affine:
            scale, bias = onnx.weight("weight"), onnx.weight("bias")
        else:
            channels = channels_of(type_)
            scale = onnx.constant([1.0] * channels, type_.dtype)
            bias = onnx.constant([0.0] * channels, type_.dtype)
        statistics = onnx.weight("running_mean"), onnx.weight("running_var")
        return onnx.op("BatchNormalization", x, scale, bias, *statistics, epsilon=self.eps)
