"""Several axes as one."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..hyperparameter import AxisAt, option
from ..lowering import Call, OnnxBuilder
from ..types import TensorType, product
from ._form import Form, onnx_reshape


class Flatten(Form):
    """Makes the axes from `start` to `end`, both included, one. Shapes: [N, C, H, W] -> [N, C * H *
    W].
    """

    example: ClassVar[str] = "x -> flatten -> dense(10)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W]",
        "f32[N, C, H, W] -> flatten(2)",
        "f32[N, C, 4, T] -> flatten(1, 2)",
    )

    start: AxisAt = option(default=1)
    end: AxisAt = option(default=-1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        start, end = check.axis(x, self.start), check.axis(x, self.end)
        if start > end:
            wanted = f"at or before the last one, {self.end}"
            check.fail(errors.shapes.BadSetting(check.site, "start", str(self.start), wanted))
        return self._flat(x)

    def _flat(self, x: TensorType) -> TensorType:
        start, end = self.start % x.rank, self.end % x.rank
        return x.with_shape(
            *x.shape[:start], product(x.shape[start : end + 1]), *x.shape[end + 1 :]
        )

    def to_torch(self, *inputs: TensorType) -> Call:
        if (self.start, self.end) == (1, -1):
            return Call("torch.flatten({0}, 1)")
        values = {"start": self.start, "end": self.end}
        return Call("torch.flatten({0}, {start}, {end})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        old = onnx.type(x)
        if self.start % old.rank == 1 and self.end % old.rank == old.rank - 1:
            return onnx.op("Flatten", x, axis=1)
        return onnx_reshape(onnx, x, old.shape, self._flat(old).shape)
