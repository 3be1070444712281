"""Two axes swapped."""

from typing import Any, ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, between, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form


class Transpose(Form):
    """Two axes swapped. Shapes: [N, C, T] with axes 1 and 2 -> [N, T, C]."""

    example: ClassVar[str] = "x -> transpose(1, 2)"
    exchanges: ClassVar[bool] = True
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, T] -> transpose(1, 2)",
        "f32[N, C, H, W] -> transpose(-1, 1)",
    )

    a: AxisAt = required(between(1, 3))
    b: AxisAt = required(between(1, 3))

    def plain(self, rank: int) -> dict[str, Any]:
        return dict(zip(("a", "b"), sorted(super().plain(rank).values()), strict=True))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.axis(x, self.a)
        check.axis(x, self.b)
        return x.with_shape(*(x.shape[axis] for axis in self._order(x.rank)))

    def _order(self, rank: int) -> list[int]:
        order = list(range(rank))
        order[self.a], order[self.b] = order[self.b], order[self.a]
        return order

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.transpose({a}, {b})", {"a": self.a, "b": self.b})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        return onnx.op("Transpose", x, perm=self._order(onnx.type(x).rank))
