"""Convolution with filters that are computed, not learned by the layer itself."""

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
    torch_pad,
    window_sizes,
)


class Convolve(Layer):
    """Cross-correlation of one tensor with another: `conv` whose filters come from a `parameter`,
    standardised say, or from another network.

    Shapes: [N, C, *S], [F, C // groups, *K] -> [N, F, *T], T as for `conv`. There is no bias: add
    one. For filters of a matrix, `matmul` is the same of `dense`.
    """

    family: ClassVar[str] = "convolution"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[str] = "(x, filters) -> convolve(stride=2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 3, H, 5], f32[4, 3, 3, 3]",
        "f32[N, 4, T], f32[6, 4, 3]",
        "f32[N, 2, 5, 6, 7], f32[3, 2, 1, 3, 3]",
        "f32[N, 4, H, W], f32[6, 2, 3, 3] -> _(groups=2)",
        "f32[N, 3, H, W], f32[F, 3, 2, 2] -> _(padding=[[0, 1], [1, 0]])",
    )

    stride: Spatial = option(default=1, domain=one_of(1, 2))
    padding: Padding = option(default="same")
    dilation: Spatial = option(default=1, domain=one_of(1, 2))
    groups: int = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, filters = inputs
        channels, space = expect_image(check, x)
        kernel = expect_filters(check, x, filters)
        check.divides(self.groups, channels, "groups", "input channels")
        reach = "the input channels, divided by groups, and the second axis of the filters"
        check.equal(channels // self.groups, filters.shape[1], reach)
        stride = check.per_axis(self.stride, len(space), "stride")
        dilation = check.per_axis(self.dilation, len(space), "dilation")
        padding = check.paddings(self.padding, kernel, dilation)
        sizes = window_sizes(check, space, kernel, stride, padding, dilation)
        check.divides(self.groups, filters.shape[0], "groups", "filters")
        return x.with_shape(x.shape[0], filters.shape[0], *sizes)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each number of a filter at each output position."""
        return outputs[0].elements * (2 * product(inputs[1].shape[1:]))

    def to_torch(self, *inputs: TensorType) -> Call:
        x, filters = inputs
        space = x.rank - 2
        padding = self._paddings(filters)
        settings = {
            "stride": shorten(spread(self.stride, space)),
            "dilation": shorten(spread(self.dilation, space)),
            "groups": self.groups,
        }
        values: dict[str, Any] = {name: value for name, value in settings.items() if value != 1}
        image = "{0}"
        if symmetric(padding):
            before = shorten(tuple(before for before, _ in padding))
            values |= {"padding": before} if before else {}
        else:
            image = "F.pad({0}, {widths})"
        named = "".join(f", {name}={{{name}}}" for name in values)
        if not symmetric(padding):
            values["widths"] = torch_pad(padding)
        return Call(f"F.conv{space}d({image}, {{1}}{named})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        x, filters = inputs
        space = onnx.type(x).rank - 2
        return onnx.op(
            "Conv",
            x,
            filters,
            kernel_shape=list(kernel_of(onnx.type(filters))),
            strides=list(spread(self.stride, space)),
            pads=onnx_pads(self._paddings(onnx.type(filters))),
            dilations=list(spread(self.dilation, space)),
            group=self.groups,
        )

    def _paddings(self, filters: TensorType) -> tuple[tuple[int, int], ...]:
        kernel = kernel_of(filters)
        return paddings(self.padding, kernel, spread(self.dilation, len(kernel)))
