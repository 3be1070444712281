"""Convolution over one, two or three spatial axes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Padding, Spatial, between, one_of, option, required, shorten
from ..layer import Layer, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import TensorType, product
from ._spatial import (
    channels_of,
    expect_image,
    onnx_pads,
    paddings,
    plain_window,
    spread,
    symmetric,
    torch_pad,
    window_sizes,
)


class Conv(Layer):
    """Cross-correlation with learned filters.

    Shapes: [N, C, *S] -> [N, filters, *T] with T = (S + before + after - dilation * (kernel - 1) -
    1) // stride + 1. Weights: weight [filters, C // groups, *kernel], bias [filters]; initialised
    as PyTorch's, uniform with bound 1 / sqrt(fan in).
    """

    family: ClassVar[str] = "convolution"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> conv(64, 3, stride=2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 3, H, 5]",
        "f32[N, 4, T]",
        "f32[N, 2, 5, 6, 7]",
        "f32[N, 4, H, W] -> _(6, 3, groups=2)",
        "f32[N, 3, H, W] -> _(4, 2, padding=[[0, 1], [1, 0]])",
    )

    filters: int = required(between(8, 512, log=True))
    kernel: Spatial = required(one_of(1, 3, 5, 7))
    stride: Spatial = option(default=1, domain=one_of(1, 2))
    padding: Padding = option(default="same")
    dilation: Spatial = option(default=1, domain=one_of(1, 2))
    groups: int = option(default=1)
    bias: bool = option(default=True)

    def plain(self, rank: int) -> dict[str, Any]:
        return plain_window(super().plain(rank), rank)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, space = expect_image(check, x)
        check.divides(self.groups, channels, "groups", "input channels")
        kernel = check.per_axis(self.kernel, len(space), "kernel")
        stride = check.per_axis(self.stride, len(space), "stride")
        dilation = check.per_axis(self.dilation, len(space), "dilation")
        padding = check.paddings(self.padding, kernel, dilation)
        sizes = window_sizes(check, space, kernel, stride, padding, dilation)
        check.setting(self.filters >= 1, "filters", self.filters, "at least 1")
        check.divides(self.groups, self.filters, "groups", "filters")
        return x.with_shape(x.shape[0], self.filters, *sizes)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        kernel = spread(self.kernel, x.rank - 2)
        weight = WeightType((self.filters, channels_of(x) // self.groups, *kernel), x.dtype)
        return {"weight": weight} | (
            {"bias": WeightType((self.filters,), x.dtype)} if self.bias else {}
        )

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each weight at each output position, one for each bias."""
        (x,), (y,) = inputs, outputs
        reach = channels_of(x) // self.groups * product(spread(self.kernel, x.rank - 2))
        return y.elements * (2 * reach + (1 if self.bias else 0))

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        space = x.rank - 2
        padding = self._paddings(space)
        kwargs: dict[str, object] = {}
        if self.stride != 1:
            kwargs["stride"] = shorten(spread(self.stride, space))
        alike = symmetric(padding)
        if alike and any(before for before, _ in padding):
            kwargs["padding"] = shorten(tuple(before for before, _ in padding))
        if self.dilation != 1:
            kwargs["dilation"] = shorten(spread(self.dilation, space))
        if self.groups != 1:
            kwargs["groups"] = self.groups
        if not self.bias:
            kwargs["bias"] = False
        args = (channels_of(x), self.filters, shorten(spread(self.kernel, space)))
        if alike:
            return Module(f"nn.Conv{space}d", args, kwargs | weight_dtype(x))
        target = f"archc.compiler.support.padded_conv:PaddedConv{space}d"
        return Module(target, (*args, torch_pad(padding)), kwargs | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        space = onnx.type(x).rank - 2
        weights = [onnx.weight("weight")] + ([onnx.weight("bias")] if self.bias else [])
        return onnx.op(
            "Conv",
            x,
            *weights,
            kernel_shape=list(spread(self.kernel, space)),
            strides=list(spread(self.stride, space)),
            pads=onnx_pads(self._paddings(space)),
            dilations=list(spread(self.dilation, space)),
            group=self.groups,
        )

    def _paddings(self, space: int) -> tuple[tuple[int, int], ...]:
        return paddings(self.padding, spread(self.kernel, space), spread(self.dilation, space))
