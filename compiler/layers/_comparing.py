"""Comparisons, element by element: `equal less greater`."""

from typing import Any, ClassVar

from ..checks import Checks
from ..hyperparameter import Number, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import BOOL, TensorType
from ._numbers import expect_fit


class Comparing(Layer):
    """Compares two inputs under NumPy's broadcasting, or one input with a number; gives bools.

    The number stands on the right, or on the left with `reversed`, and takes the tensor's dtype.
    """

    family: ClassVar[str] = "element-wise"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    operator: ClassVar[str]
    onnx_op: ClassVar[str]
    ordered: ClassVar[bool] = True

    number: Number = option(default=None)
    reversed: bool = option(default=False)

    def plain(self, rank: int) -> dict[str, Any]:
        return super().plain(rank) | {"reversed": self.reversed and self.ordered}

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        if self.ordered:
            check.numeric(*inputs)
        check.same_dtype(*inputs)
        if self.number is None:
            check.inputs(inputs, 2, 2)
            return TensorType(BOOL, check.broadcast(*(x.shape for x in inputs)))
        check.inputs(inputs, 1, 1)
        expect_fit(check, self.number, inputs[0].dtype)
        return inputs[0].with_dtype(BOOL)

    def to_torch(self, *inputs: TensorType) -> Call:
        left, right = ("{0}", "{1}" if self.number is None else "{number}")
        if self.reversed:
            left, right = right, left
        return Call(f"{left} {self.operator} {right}", {"number": self.number})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        operands = list(inputs)
        if self.number is not None:
            operands.append(onnx.number(self.number, onnx.type(inputs[0]).dtype))
        if self.reversed:
            operands.reverse()
        return onnx.op(self.onnx_op, *operands)
