"""Maximum over a sliding window."""

from typing import ClassVar

from ..hyperparameter import Spatial, option
from ..lowering import Call, Function, OnnxBuilder
from ..types import TensorType
from ._pooling import Pooling
from ._spatial import onnx_pads
from ._window import widths


class Maxpool(Pooling):
    """The largest element under a window that slides over the spatial axes; padding never wins.

    Shapes: [N, C, *S] -> [N, C, *T] with T = (S + before + after - dilation * (kernel - 1) - 1) //
    stride + 1, rounded up with `ceil` unless the last window would then start after the input. The
    stride is the kernel unless told.
    """

    example: ClassVar[str] = "x -> maxpool(3, stride=2, padding=1)"

    dilation: Spatial = option(default=1)
    ceil: bool = option(default=False)

    def spacing(self) -> int | tuple[int, ...]:
        return self.dilation

    def rounds_up(self) -> bool:
        return self.ceil

    def to_torch(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        window = self.window(x)
        if window.native:
            return Call(f"F.max_pool{x.rank - 2}d({{0}}, {window.arguments()})")
        function = Function("archc.compiler.support.padded_pool:max_pool")
        arguments = f"{window.kernel}, {window.stride}, {widths(window.covered)}, {window.dilation}"
        return Call(f"{{fn}}({{0}}, {arguments})", {"fn": function})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Without `ceil_mode`, whose meaning has changed between versions and runtimes."""
        (x,) = inputs
        type_ = onnx.type(x)
        window = self.window(type_)
        pads = onnx_pads(window.covered)
        if any(max(pair) >= k for pair, k in zip(window.covered, window.kernel, strict=True)):
            # Runtimes accept less padding than the kernel only, however far it is dilated.
            space = type_.rank - 2
            both = onnx.ints([0, 0, *pads[:space], 0, 0, *pads[space:]])
            x = onnx.op("Pad", x, both, onnx.number(float("-inf"), type_.dtype))
            pads = [0] * len(pads)
        return onnx.op(
            "MaxPool",
            x,
            kernel_shape=list(window.kernel),
            strides=list(window.stride),
            pads=pads,
            dilations=list(window.dilation),
        )
