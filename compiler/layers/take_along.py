"""Elements by their numbers, separately for every position of the other axes."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, between, required
from ..lowering import Call, OnnxBuilder
from ..types import I64, TensorType
from ._form import Form
from ._indices import expect_indices


class TakeAlong(Form):
    """Of `(x, indices)`: y[i, j] = x[i, indices[i, j]] for axis 1, as `torch.gather` and ONNX's
    GatherElements.

    Shapes: [.., A, ..], [.., B, ..] -> [.., B, ..]; the other axes are the same. Indices are i32 or
    i64, from 0 to A - 1.
    """

    family: ClassVar[str] = "parting"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[str] = "(x, indices) -> take_along(axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4], i64[N, T] -> take_along(axis=1)",
        "f32[N, 3, D], i32[N, T, D] -> take_along(axis=-2)",
    )

    axis: AxisAt = required(between(1, 3))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, indices = inputs
        axis = check.axis(x, self.axis)
        expect_indices(check, indices)
        check.rank(indices, x.rank)
        for place, (a, b) in enumerate(zip(x.shape, indices.shape, strict=True)):
            if place != axis:
                check.equal(a, b, f"the sizes of axis {place}")
        return x.with_shape(*indices.shape)

    def to_torch(self, *inputs: TensorType) -> Call:
        indices = "{1}" if inputs[1].dtype == I64 else "{1}.long()"
        return Call(f"torch.gather({{0}}, {{axis}}, {indices})", {"axis": self.axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("GatherElements", *inputs, axis=self.axis)
