"""The largest elements."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, between, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._ordering import Ordering


class Topk(Ordering):
    """The `count` largest elements along an axis, the largest first, and the places where they
    stand: which experts a token goes to. Integers are i32 or i64.

    Shapes: [.., A, ..] -> [.., count, ..], and i64[.., count, ..].
    """

    example: ClassVar[str] = "(best, which) = scores -> topk(2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 5] -> topk(2)",
        "f32[N, 4, T] -> topk(3, axis=1)",
        "i32[N, 4] -> topk(4)",
    )

    count: int = required(between(1, 8))
    axis: AxisAt = option(default=-1)

    def infer(self, check: Checks, *inputs: TensorType) -> tuple[TensorType, TensorType]:
        (x,) = inputs
        check.setting(self.count >= 1, "count", self.count, "at least 1")
        values, places = self.ordered(check, x, self.axis)
        axis = check.axis(x, self.axis)
        check.at_least(x.shape[axis], self.count, f"the size of axis {axis}")
        return values.with_axis(axis, self.count), places.with_axis(axis, self.count)

    def to_torch(self, *inputs: TensorType) -> Call:
        values = {"axis": self.axis, "count": self.count}
        sort = "torch.sort({0}, dim={axis}, descending=True, stable=True)"
        narrowed = f"(part.narrow({{axis}}, 0, {{count}}) for part in {sort})"
        return Call(f"tuple({narrowed})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> tuple[str, ...]:
        return onnx.ops("TopK", 2, inputs[0], onnx.ints([self.count]), axis=self.axis)
