"""Element-wise layers over several inputs, or over one input and a number: `add mul sub div maximum minimum`."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Number, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Joining(Layer):
    """Combines its inputs from left to right under NumPy's broadcasting, proved axis by axis.

    With `number` there is one input, and the number stands on its right, or on its left with `reversed`: so the operators
    `x + 1` and `1 - x` arrive here. The number takes the tensor's dtype, which must hold it exactly.
    """

    family: ClassVar[str] = "joining"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    operator: ClassVar[str]  # a Python operator, or a function under torch
    onnx_op: ClassVar[str]

    number: Number = option(default=None)
    reversed: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.numeric(*inputs)
        check.same_dtype(*inputs)
        if self.number is None:
            check.inputs(inputs, 2, None)
            return inputs[0].with_shape(*check.broadcast(*(x.shape for x in inputs)))
        check.inputs(inputs, 1, 1)
        exact = not (isinstance(self.number, float) and inputs[0].dtype.is_int)
        check.setting(exact, "number", self.number, f"an integer beside {inputs[0].dtype}")
        return inputs[0]

    def to_torch(self, *inputs: TensorType) -> Call:
        operands = [f"{{{index}}}" for index in range(len(inputs))]
        if self.number is not None:
            operands.insert(0 if self.reversed else 1, "{number}")
        if not self.operator.isidentifier():
            return Call(f" {self.operator} ".join(operands), {"number": self.number})
        result = operands[0]
        for operand in operands[1:]:
            result = f"torch.{self.operator}({result}, {operand})"
        return Call(result, {"number": self.number})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        operands = list(inputs)
        if self.number is not None:
            operands.insert(
                0 if self.reversed else 1, onnx.number(self.number, onnx.type(inputs[0]).dtype)
            )
        result = operands[0]
        for operand in operands[1:]:
            result = onnx.op(self.onnx_op, result, operand)
        return result
