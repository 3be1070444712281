"""Entries of a table by their numbers."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, between, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form, index_text
from ._indices import expect_indices


class Gather(Form):
    """Of `(table, indices)`: the table's entries along an axis, one for each index, as in ONNX.

    Shapes: [.., A, ..], [*I] -> [.., *I, ..]. Indices are i32 or i64, from 0 to A - 1 or from -A
    counted from the end.
    """

    family: ClassVar[str] = "parting"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[str] = "(table, indices) -> gather(axis=0)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[2, 4], i64[T] -> gather(axis=1)",
        "f32[4, 3], i32[N, T] -> gather(axis=0)",
        "f32[3, 2], i64[] -> gather(axis=0)",
    )

    axis: AxisAt = required(between(0, 2))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        table, indices = inputs
        axis = check.axis(table, self.axis)
        expect_indices(check, indices)
        return table.with_shape(*table.shape[:axis], *indices.shape, *table.shape[axis + 1 :])

    def to_torch(self, *inputs: TensorType) -> Call:
        if inputs[1].rank == 0:  # as an index, PyTorch would stop to look at its value
            template = "torch.index_select({0}, {axis}, {1}.reshape(1)).squeeze({axis})"
            return Call(template, {"axis": self.axis})
        return Call(index_text(self.axis % inputs[0].rank, "{1}"))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Gather", *inputs, axis=self.axis)
