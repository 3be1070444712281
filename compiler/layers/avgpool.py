"""Mean over a sliding window."""

from typing import ClassVar

from ..hyperparameter import option
from ..lowering import Call, Function, OnnxBuilder
from ..types import TensorType
from ._pooling import Pooling
from ._spatial import onnx_pads
from ._window import widths


class Avgpool(Pooling):
    """The mean of the elements under a window that slides over the spatial axes.

    With `count_padding` the zeros of the padding count as elements; what a last window of `ceil`
    reaches beyond them never does. Shapes: as for `maxpool`. The stride is the kernel unless told.
    """

    example: ClassVar[str] = "x -> avgpool(2)"

    ceil: bool = option(default=False)
    count_padding: bool = option(default=True)

    def rounds_up(self) -> bool:
        return self.ceil

    def to_torch(self, *inputs: TensorType) -> Call:
        """PyTorch's own in three dimensions refuses an input below the kernel, even where padding
        makes up for it.
        """
        (x,) = inputs
        window = self.window(x)
        plain = not window.ceil and not any(map(any, window.padding))
        if window.native and (plain or x.rank < 5):
            count = "" if self.count_padding else ", count_include_pad=False"
            return Call(f"F.avg_pool{x.rank - 2}d({{0}}, {window.arguments()}{count})")
        function = Function("archc.compiler.support.padded_pool:avg_pool")
        sides = f"{widths(window.padding)}, {widths(window.overhang)}"
        arguments = f"{window.kernel}, {window.stride}, {sides}, count_padding={self.count_padding}"
        return Call(f"{{fn}}({{0}}, {arguments})", {"fn": function})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Without `ceil_mode`, whose meaning has changed; padding that counts beside some that
        does not is added first.
        """
        (x,) = inputs
        type_ = onnx.type(x)
        window = self.window(type_)
        hangs, padded = any(map(any, window.overhang)), any(map(any, window.padding))
        pads, counted = onnx_pads(window.covered), self.count_padding
        if hangs and counted:
            counted = False
            if padded:
                space = type_.rank - 2
                both = onnx_pads(window.padding)
                x = onnx.op("Pad", x, onnx.ints([0, 0, *both[:space], 0, 0, *both[space:]]))
                pads = onnx_pads(window.overhang)
        return onnx.op(
            "AveragePool",
            x,
            kernel_shape=list(window.kernel),
            strides=list(window.stride),
            pads=pads,
            count_include_pad=int(counted),
        )
