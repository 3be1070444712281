"""Axes turned around."""

from typing import Any, ClassVar

from .. import errors
from ..checks import Checks
from ..hyperparameter import AxesInOrder, Ints, one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import I64, TensorType
from ._form import Form

_END = 2**63 - 1


class Roll(Form):
    """Shifts elements along axes; what leaves at one end comes back at the other. Shapes: any ->
    the same.
    """

    example: ClassVar[str] = "x -> roll([-2, -2], axes=[2, 3])"
    exchanges: ClassVar[bool] = True
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W] -> roll([-2, 3], [2, 3])",
        "f32[N, T] -> roll(1, 1)",
        "f32[N, 5] -> roll([7], [-1])",
    )

    shifts: Ints = required(one_of(-1, 1))
    axes: AxesInOrder = required(one_of(1, 2, 3))

    def plain(self, rank: int) -> dict[str, Any]:
        settings = super().plain(rank)
        pairs = sorted(zip(settings["axes"], settings["shifts"], strict=True))
        return {
            "shifts": tuple(shift for _, shift in pairs),
            "axes": tuple(axis for axis, _ in pairs),
        }

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axes = check.axes(x, self.axes)
        if len(self.shifts) != len(axes):
            wanted = f"a list of {len(axes)}, one for each axis"
            check.fail(errors.shapes.BadSetting(check.site, "shifts", str(self.shifts), wanted))
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.roll({0}, {shifts}, {axes})", {"shifts": self.shifts, "axes": self.axes})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (y,) = inputs
        shape = onnx.type(y).shape
        for shift, axis in zip(self.shifts, self.axes, strict=True):
            size = shape[axis]
            if isinstance(size, int):
                first = onnx.ints([-shift % size])
            else:  # the shift may be longer than the axis
                first = onnx.op("Mod", onnx.constant([-shift], I64), onnx.shape([size]))
            tail = onnx.op("Slice", y, first, onnx.ints([_END]), onnx.ints([axis]))
            head = onnx.op("Slice", y, onnx.ints([0]), first, onnx.ints([axis]))
            y = onnx.op("Concat", tail, head, axis=axis)
        return y if self.axes else onnx.op("Identity", y)
