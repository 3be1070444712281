"""A stretch of an axis."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..facts import Truth
from ..hyperparameter import AxisAt, Size, between, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form, index_text

_END = 2**63 - 1


class Slice(Form):
    """The positions `start`, `start + step`, … below `stop` of one axis; negative ones count from
    the end.

    Shapes: [.., A, ..] -> [.., (stop - start + step - 1) // step, ..]. Without `stop` it goes to
    the end. Both must lie on the axis: nothing is cut off silently.
    """

    family: ClassVar[str] = "parting"
    example: ClassVar[str] = "x -> slice(axis=1, start=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 6, T] -> slice(1, 1, -1)",
        "f32[N, 7] -> slice(1, 0, 6, step=2)",
        "f32[N, T, 4] -> slice(-1, start=2)",
        "f32[N, T] -> slice(1)",
    )

    axis: AxisAt = required(between(1, 3))
    start: Size = option(default=0)
    stop: Size = option(default=None)
    step: int = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axis = check.axis(x, self.axis)
        size = x.shape[axis]
        check.setting(self.step >= 1, "step", self.step, "at least 1")
        start = position(check, self.start, size, "start")
        stop = size if self.stop is None else position(check, self.stop, size, "stop")
        if check.decide(">", stop, start) is Truth.REFUTED:
            check.fail(errors.forms.EmptySlice(check.site, start, stop, size))
        check.at_least(stop - start, 1, "the length of a slice")
        return x.with_axis(axis, check.facts.normal((stop - start + self.step - 1) // self.step))

    def _reaches_end(self, x: TensorType) -> bool:
        return self.stop is None or self.stop == x.shape[self.axis]

    def to_torch(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        text = "" if self.start == 0 else "{start}"
        text += ":" if self._reaches_end(x) else ":{stop}"
        text += "" if self.step == 1 else ":{step}"
        values = {"start": self.start, "stop": self.stop, "step": self.step}
        return Call(index_text(self.axis % x.rank, text), values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        end = _END if self._reaches_end(onnx.type(x)) else self.stop
        bounds = onnx.shape([self.start]), onnx.shape([end])
        return onnx.op("Slice", x, *bounds, onnx.ints([self.axis]), onnx.ints([self.step]))


def position(check: Checks, value: Dim, size: Dim, what: str, *, room: int = 0) -> Dim:
    """A position counted from 0, proved to leave `room` on the axis (a `stop` may be its size)."""
    from_end = check.decide(">=", value, 0) is Truth.REFUTED
    found = size + value if from_end else value
    low_fails = check.decide(">=", found, 0) is Truth.REFUTED
    if low_fails or check.decide(">=", size, found + room) is Truth.REFUTED:
        check.fail(errors.forms.OutsideAxis(check.site, what, value, size))
    check.at_least(found, 0, f"the {what}")
    check.at_least(size, found + room, f"the axis with the {what} {found}")
    return check.facts.normal(found)
