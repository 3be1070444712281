"""Channels made into pixels."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form


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
        return onnx.op("DepthToSpace", inputs[0], blocksize=self.factor, mode="CRD")
