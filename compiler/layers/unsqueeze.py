"""A new axis of size 1."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import NewAxis, between, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form


class Unsqueeze(Form):
    """A new axis of size 1; `axis` is its place in the result. Shapes: [N, T] with axis 1 -> [N, 1,
    T].
    """

    example: ClassVar[str] = "x -> unsqueeze(1)"

    axis: NewAxis = required(between(1, 3))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axis = check.axis(x, self.axis, extra=1)
        return x.with_shape(*x.shape[:axis], 1, *x.shape[axis:])

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.unsqueeze({axis})", {"axis": self.axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Unsqueeze", inputs[0], onnx.ints([self.axis]))
