"""Transposed convolution over one, two or three spatial axes."""

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
    transposed_sizes,
)


class ConvTranspose(Layer):
    """The transpose of a convolution as a linear map: it spreads each element over a window, and
    so makes images larger.

    Shapes: [N, C, *S] -> [N, filters, *T] with T = (S - 1) * stride - before - after + dilation *
    (kernel - 1) + output_padding + 1. The padding is cut off; `output_padding`, below the stride
    or the dilation, adds to the end. Weights: weight [C, filters // groups, *kernel], bias
    [filters]. To double a size: a kernel of 4 with stride 2 and padding 1.
    """

    family: ClassVar[str] = "convolution"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> conv_transpose(32, 4, stride=2, padding=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 3, H, 4] -> _(4, 4, stride=2, padding=1)",
        "f32[N, 4, T] -> _(6, 3, groups=2)",
        "f32[N, 2, 5, 3, 4] -> _(3, 3, stride=2, output_padding=1)",
        "f32[N, 3, H, W] -> _(2, 3, stride=2, padding=[[0, 1], [1, 0]])",
        "f32[N, 2, H, W] -> _(2, 3)",
    )

    filters: int = required(between(8, 512, log=True))
    kernel: Spatial = required(one_of(1, 3, 5))
    stride: Spatial = option(default=1, domain=one_of(1, 2))
    padding: Padding = option(default="same")
    output_padding: Spatial = option(default=0)
    dilation: Spatial = option(default=1)
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
        extra = check.per_axis(self.output_padding, len(space), "output_padding", low=0)
        padding = check.paddings(self.padding, kernel, dilation)
        sizes = transposed_sizes(check, space, kernel, stride, padding, dilation, extra)
        check.setting(self.filters >= 1, "filters", self.filters, "at least 1")
        check.divides(self.groups, self.filters, "groups", "filters")
        return x.with_shape(x.shape[0], self.filters, *sizes)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        kernel = spread(self.kernel, x.rank - 2)
        weight = WeightType((channels_of(x), self.filters // self.groups, *kernel), x.dtype)
        bias = {"bias": WeightType((self.filters,), x.dtype)} if self.bias else {}
        return {"weight": weight} | bias

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each weight at each input position, one for each bias."""
        (x,), (y,) = inputs, outputs
        reach = self.filters // self.groups * product(spread(self.kernel, x.rank - 2))
        return x.elements * (2 * reach) + (y.elements if self.bias else 0)

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        space = x.rank - 2
        padding = self._paddings(space)
        settings = {
            "stride": shorten(spread(self.stride, space)),
            "output_padding": shorten(spread(self.output_padding, space)),
            "dilation": shorten(spread(self.dilation, space)),
            "groups": self.groups,
            "bias": self.bias,
        }
        plain = {"stride": 1, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
        kwargs = {name: value for name, value in settings.items() if value != plain[name]}
        args = (channels_of(x), self.filters, shorten(spread(self.kernel, space)))
        if not symmetric(padding):
            target = f"archc.compiler.support.cropped_conv:CroppedConvTranspose{space}d"
            return Module(target, (*args, torch_pad(padding)), kwargs | weight_dtype(x))
        if any(before for before, _ in padding):
            kwargs["padding"] = shorten(tuple(before for before, _ in padding))
        return Module(f"nn.ConvTranspose{space}d", args, kwargs | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        space = onnx.type(x).rank - 2
        weights = [onnx.weight("weight")] + ([onnx.weight("bias")] if self.bias else [])
        return onnx.op(
            "ConvTranspose",
            x,
            *weights,
            kernel_shape=list(spread(self.kernel, space)),
            strides=list(spread(self.stride, space)),
            pads=onnx_pads(self._paddings(space)),
            output_padding=list(spread(self.output_padding, space)),
            dilations=list(spread(self.dilation, space)),
            group=self.groups,
        )

    def _paddings(self, space: int) -> tuple[tuple[int, int], ...]:
        return paddings(self.padding, spread(self.kernel, space), spread(self.dilation, space))
