"""Pixels made into channels."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form, onnx_reshape


class PixelUnshuffle(Form):
    """Each square of factor x factor pixels becomes channels. Shapes: [N, C, H, W] -> [N, C * f^2,
    H / f, W / f].
    """

    example: ClassVar[str] = "x -> pixel_unshuffle(2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, 4, 6] -> pixel_unshuffle(2)",
        "f32[N, C, 3, 6] -> pixel_unshuffle(3)",
    )

    factor: int = required(one_of(2, 3, 4))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 4)
        check.setting(self.factor >= 1, "factor", self.factor, "at least 1")
        check.divides(self.factor, x.shape[2], "pixels of a square", "rows")
        check.divides(self.factor, x.shape[3], "pixels of a square", "columns")
        return self._small(x)

    def _small(self, x: TensorType) -> TensorType:
        batch, channels, height, width = x.shape
        f = self.factor
        return x.with_shape(batch, channels * f**2, height // f, width // f)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("F.pixel_unshuffle({0}, {factor})", {"factor": self.factor})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """Not `SpaceToDepth`, which puts the channels innermost."""
        (x,) = inputs
        old = onnx.type(x)
        batch, channels, height, width = old.shape
        f = self.factor
        cut = (batch, channels, height // f, f, width // f, f)
        y = onnx_reshape(onnx, x, old.shape, cut)
        y = onnx.op("Transpose", y, perm=[0, 1, 3, 5, 2, 4])
        gathered = (batch, channels, f, f, height // f, width // f)
        return onnx_reshape(onnx, y, gathered, self._small(old).shape)
