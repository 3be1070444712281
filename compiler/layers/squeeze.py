"""Axes of size 1 taken away."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Axes, one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form


class Squeeze(Form):
    """Takes away an axis of size 1, or a list of them. Shapes: [N, C, 1] with axis 2 -> [N, C]."""

    example: ClassVar[str] = "x -> squeeze(2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 1, T] -> squeeze(1)",
        "f32[N, 1, T, 1] -> squeeze([1, -1])",
    )

    axis: Axes = required(one_of(1, 2, 3))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.setting(bool(self.axis), "axis", "[]", "at least one axis")
        gone = check.axes(x, self.axis)
        for axis in gone:
            check.equal(x.shape[axis], 1, f"the size of axis {axis} and 1")
        return x.with_shape(*(size for axis, size in enumerate(x.shape) if axis not in gone))

    def to_torch(self, *inputs: TensorType) -> Call:
        axis = self.axis[0] if len(self.axis) == 1 else self.axis
        return Call("{0}.squeeze({axis})", {"axis": axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Squeeze", inputs[0], onnx.ints(self.axis))
