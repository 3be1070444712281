"""Transposed convolution with filters that are computed, not learned by the layer itself."""

from typing import Any, ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Padding, Spatial, one_of, option, shorten
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType, product
from ._spatial import (
    expect_filters,
    expect_image,
    kernel_of,
    onnx_pads,
    paddings,
    spread,
    symmetric,
    transposed_sizes,
)


class ConvolveTranspose(Layer):
    """The transpose of `convolve` with the same filters: a decoder whose filters are the encoder's.

    Shapes: [N, C, *S], [C, F // groups, *K] -> [N, F, *T], T as for `conv_transpose`. There is no
    bias: add one.
    """

    family: ClassVar[str] = "convolution"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[str] = "(x, filters) -> convolve_transpose(stride=2, output_padding=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 3, H, 4], f32[3, 4, 4, 4] -> _(stride=2, padding=1)",
        "f32[N, 4, T], f32[4, 3, 3] -> _(groups=2)",
        "f32[N, 2, 5, 3, 4], f32[2, 3, 3, 3, 3] -> _(stride=2, output_padding=1)",
        "f32[N, 3, H, W], f32[3, 2, 3, 3] -> _(stride=2, padding=[[0, 1], [1, 0]])",
        "f32[N, 2, H, W], f32[2, 2, 3, 3]",
    )

    stride: Spatial = option(default=1, domain=one_of(1, 2))
    padding: Padding = option(default="same")
    output_padding: Spatial = option(default=0)
    dilation: Spatial = option(default=1)
    groups: int = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, filters = inputs
        channels, space = expect_image(check, x)
        kernel = expect_filters(check, x, filters)
        check.equal(channels, filters.shape[0], "the input channels and the filters' first axis")
        check.divides(self.groups, channels, "groups", "input channels")
        stride = check.per_axis(self.stride, len(space), "stride")
        dilation = check.per_axis(self.dilation, len(space), "dilation")
        extra = check.per_axis(self.output_padding, len(space), "output_padding", low=0)
        padding = check.paddings(self.padding, kernel, dilation)
        sizes = transposed_sizes(check, space, kernel, stride, padding, dilation, extra)
        return x.with_shape(x.shape[0], filters.shape[1] * self.groups, *sizes)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each number of a filter at each input position."""
        return inputs[0].elements * (2 * product(inputs[1].shape[1:]))

    def to_torch(self, *inputs: TensorType) -> Call:
        x, filters = inputs
        space = x.rank - 2
        padding = self._paddings(filters)
        settings = {
            "stride": (shorten(spread(self.stride, space)), 1),
            "output_padding": (shorten(spread(self.output_padding, space)), 0),
            "dilation": (shorten(spread(self.dilation, space)), 1),
            "groups": (self.groups, 1),
        }
        values: dict[str, Any] = {
            name: value for name, (value, plain) in settings.items() if value != plain
        }
        cut = ""
        if symmetric(padding):
            before = shorten(tuple(before for before, _ in padding))
            values |= {"padding": before} if before else {}
        else:
            cut = f"[{', '.join(['...', *(_inner(*pair) for pair in padding)])}]"
        named = "".join(f", {name}={{{name}}}" for name in values)
        return Call(f"F.conv_transpose{space}d({{0}}, {{1}}{named}){cut}", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        x, filters = inputs
        space = onnx.type(x).rank - 2
        return onnx.op(
            "ConvTranspose",
            x,
            filters,
            kernel_shape=list(kernel_of(onnx.type(filters))),
            strides=list(spread(self.stride, space)),
            pads=onnx_pads(self._paddings(onnx.type(filters))),
            output_padding=list(spread(self.output_padding, space)),
            dilations=list(spread(self.dilation, space)),
            group=self.groups,
        )

    def _paddings(self, filters: TensorType) -> tuple[tuple[int, int], ...]:
        kernel = kernel_of(filters)
        return paddings(self.padding, kernel, spread(self.dilation, len(kernel)))


def _inner(before: int, after: int) -> str:
    """The slice that leaves out so many at either end."""
    return f"{before or ''}:{-after if after else ''}"
