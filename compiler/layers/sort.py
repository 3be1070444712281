"""Elements in order."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, option
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._ordering import Ordering


class Sort(Ordering):
    """The elements along an axis from the least up, or with `descending` from the largest down; and
    the places where they stood. Integers are i32 or i64.

    Shapes: [.., A, ..] -> the same, and i64[.., A, ..].
    """

    example: ClassVar[str] = "(values, places) = x -> sort(axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T]",
        "f32[N, C, T] -> sort(axis=1, descending=True)",
        "i64[N, T] -> sort(descending=True)",
    )

    axis: AxisAt = option(default=-1)
    descending: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> tuple[TensorType, TensorType]:
        (x,) = inputs
        return self.ordered(check, x, self.axis)

    def to_torch(self, *inputs: TensorType) -> Call:
        values = {"axis": self.axis, "descending": self.descending}
        return Call("torch.sort({0}, dim={axis}, descending={descending}, stable=True)", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> tuple[str, ...]:
        (x,) = inputs
        size = onnx.type(x).shape[self.axis]
        largest = int(self.descending)
        return onnx.ops("TopK", 2, x, onnx.shape([size]), axis=self.axis, largest=largest)
