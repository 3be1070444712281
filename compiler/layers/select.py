"""One position of an axis."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, Size, between, required
from ..lowering import Call, OnnxBuilder
from ..types import I64, TensorType
from ._form import Form, index_text
from .slice import position


class Select(Form):
    """One position of an axis, which disappears; negative ones count from the end.

    Shapes: [N, T, D] with axis 1 -> [N, D].
    """

    family: ClassVar[str] = "parting"
    example: ClassVar[str] = "x -> select(axis=1, index=-1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4, T] -> select(1, -1)",
        "f32[N, T, D] -> select(2, 0)",
        "f32[4, T] -> select(0, 2)",
    )

    axis: AxisAt = required(between(1, 3))
    index: Size = required(between(-1, 0))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axis = check.axis(x, self.axis)
        size = x.shape[axis]
        position(check, self.index, size, "index", room=1)
        return x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call(index_text(self.axis % inputs[0].rank, "{index}"), {"index": self.index})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Gather", inputs[0], onnx.number(self.index, I64), axis=self.axis)
