"""Convolution of each channel by itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Padding, Spatial, one_of, option, required
from ..layer import Layer, WeightType
from ..lowering import Module, OnnxBuilder
from ..types import TensorType
from ._spatial import channels_of, expect_image, plain_window
from .conv import Conv


class Depthwise(Layer):
    """Cross-correlation of each channel with `multiplier` filters of its own: `conv` with as many
    groups as channels.

    Shapes: [N, C, *S] -> [N, C * multiplier, *T], T as for `conv`. Weights: weight [C *
    multiplier, 1, *kernel], bias [C * multiplier].
    """

    family: ClassVar[str] = "convolution"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> depthwise(3) -> conv(128, 1)"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, 3, H, W]", "f32[N, 4, T]", "f32[N, 2, 5, 6, 7]")

    kernel: Spatial = required(one_of(3, 5, 7))
    stride: Spatial = option(default=1, domain=one_of(1, 2))
    padding: Padding = option(default="same")
    dilation: Spatial = option(default=1, domain=one_of(1, 2))
    multiplier: int = option(default=1, domain=one_of(1, 2))
    bias: bool = option(default=True)

    def plain(self, rank: int) -> dict[str, Any]:
        return plain_window(super().plain(rank), rank)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, _ = expect_image(check, x)
        check.setting(self.multiplier >= 1, "multiplier", self.multiplier, "at least 1")
        alike = self._windows(filters=1, groups=1).infer(check, x)
        return alike.with_axis(1, channels * self.multiplier)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return self._conv(inputs[0]).weights(*inputs)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return self._conv(inputs[0]).flops(inputs, outputs)

    def to_torch(self, *inputs: TensorType) -> Module:
        return self._conv(inputs[0]).to_torch(*inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return self._conv(onnx.type(inputs[0])).to_onnx(onnx, *inputs)

    def _conv(self, x: TensorType) -> Conv:
        channels = channels_of(x)
        return self._windows(filters=channels * self.multiplier, groups=channels)

    def _windows(self, *, filters: int, groups: int) -> Conv:
        return Conv(
            filters=filters,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=groups,
            bias=self.bias,
        )
