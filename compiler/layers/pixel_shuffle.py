"""Channels made into pixels."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form, onnx_reshape


class PixelShuffle(Form):
    """Each group of factor^2 channels becomes a square of pixels. Shapes: [N, C * f^2, H, W] -> [N,
    C, H * f, W * f].

    Source: Shi et al. 2016.
    """

    example: ClassVar[str] = "x -> pixel_shuffle(2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 8, H, W] -> pixel_shuffle(2)",
        "f32[N, 9, H, W] -> pixel_shuffle(3)",
    )

    factor: int = required(one_of(2, 3, 4))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 4)
        check.setting(self.factor >= 1, "factor", self.factor, "at least 1")
        batch, channels, height, width = x.shape
        square = self.factor**2
        check.divides(square, channels, "pixels of a square", "channels")
        return x.with_shape(batch, channels // square, height * self.factor, width * self.factor)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("F.pixel_shuffle({0}, {factor})", {"factor": self.factor})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Runtimes have an operator for floats alone."""
        (x,) = inputs
        type_ = onnx.type(x)
        if type_.dtype.is_float:
            return onnx.op("DepthToSpace", x, blocksize=self.factor, mode="CRD")
        factor, (batch, channels, height, width) = self.factor, type_.shape
        apart = (batch, channels // factor**2, factor, factor, height, width)
        y = onnx_reshape(onnx, x, type_.shape, apart)
        y = onnx.op("Transpose", y, perm=[0, 1, 4, 2, 5, 3])
        old = tuple(apart[axis] for axis in (0, 1, 4, 2, 5, 3))
        new = (batch, apart[1], height * factor, width * factor)
        return onnx_reshape(onnx, y, old, new)
