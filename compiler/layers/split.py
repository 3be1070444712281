"""A tensor cut into parts along an axis."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Axis, Dim
from ..facts import Truth
from ..hyperparameter import Anything, AxisAt, option, required
from ..layer import Types
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form

MOST_PARTS = 1024


class Split(Form):
    """Cuts an axis into equal parts, or into parts of the sizes listed. One part is the input
    itself.

    Shapes: [.., A, ..] with parts [B, C] -> ([.., B, ..], [.., C, ..]) where A = B + C.
    """

    family: ClassVar[str] = "parting"
    example: ClassVar[str] = "(a, b) = x -> split(2, axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 6] -> split(2)",
        "f32[N, C, 5] -> split([2, 3], axis=-1)",
        "f32[N, 4] -> split([4])",
    )

    parts: Anything = required()
    axis: AxisAt = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> Types:
        (x,) = inputs
        axis = check.axis(x, self.axis)
        wanted = f"a number from 1 to {MOST_PARTS} or a list of sizes"
        check.setting(_well_formed(self.parts), "parts", self.parts, wanted)
        count = len(self.parts) if isinstance(self.parts, tuple) else self.parts
        check.setting(1 <= count <= MOST_PARTS, "parts", self.parts, wanted)
        if isinstance(self.parts, tuple):
            self._expect_sum(check, x.shape[axis])
        else:
            check.divides(self.parts, x.shape[axis], "parts", f"of axis {axis}")
        types = tuple(x.with_axis(axis, size) for size in self._sizes(x))
        return types if len(types) > 1 else types[0]

    def _expect_sum(self, check: Checks, size: Dim) -> None:
        total: Dim = 0
        for part in self.parts:
            check.at_least(part, 1, "the size of a part")
            total = total + part
        if check.decide("==", total, size) is Truth.REFUTED:
            check.fail(errors.forms.PartsDoNotAddUp(check.site, self.parts, total, size))
        check.equal(total, size, "the sum of the parts and the axis")

    def _sizes(self, x: TensorType) -> tuple[Dim, ...]:
        if isinstance(self.parts, tuple):
            return tuple(self.parts)
        count: int = self.parts
        return (x.shape[self.axis] // count,) * count

    def to_torch(self, *inputs: TensorType) -> Call:
        values = {"parts": self.parts, "axis": self.axis}
        if self.parts == 1 or (isinstance(self.parts, tuple) and len(self.parts) == 1):
            return Call("{0}")
        if isinstance(self.parts, int):
            return Call("torch.chunk({0}, {parts}, dim={axis})", values)
        return Call("torch.split({0}, {parts}, dim={axis})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str | tuple[str, ...]:
        (x,) = inputs
        sizes = self._sizes(onnx.type(x))
        if len(sizes) == 1:
            return onnx.op("Identity", x)
        return onnx.ops("Split", len(sizes), x, onnx.shape(sizes), axis=self.axis)


def _well_formed(parts: object) -> bool:
    if not isinstance(parts, tuple):
        return isinstance(parts, int) and not isinstance(parts, bool)
    return all(isinstance(size, int | Axis) and not isinstance(size, bool) for size in parts)
