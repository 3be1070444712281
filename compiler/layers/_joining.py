"""Element-wise layers over several inputs, or over one input and a number: `add mul sub div maximum
minimum`.
"""

from typing import Any, ClassVar

from ..checks import Checks
from ..dims import Axis
from ..hyperparameter import Number, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import U8, TensorType


class Joining(Layer):
    """Combines its inputs from left to right under NumPy's broadcasting, proved axis by axis.

    With `number` there is one input, and the number stands on its right, or on its left with
    `reversed`: so the operators `x + 1` and `1 - x` arrive here. The number takes the tensor's
    dtype, which must hold it exactly.
    """

    family: ClassVar[str] = "joining"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W], f32[N, C, H, W]",
        "f32[N, T, 4], f32[4]",
        "f32[N, 1, D], f32[N, T, 1], f32[D]",
        "f32[N, D] -> _(number=2)",
        "f32[N, D] -> _(number=0.5, reversed=True)",
        "i64[N, D] -> _(number=3)",
    )
    operator: ClassVar[str]  # a Python operator, or a function under torch
    onnx_op: ClassVar[str]
    commutes: ClassVar[bool] = True

    number: Number = option(default=None)
    reversed: bool = option(default=False)

    def plain(self, rank: int) -> dict[str, Any]:
        sided = self.number is not None and not self.commutes
        return super().plain(rank) | {"reversed": self.reversed and sided}

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.numeric(*inputs)
        check.same_dtype(*inputs)
        if self.number is None:
            check.inputs(inputs, 2, None)
            return inputs[0].with_shape(*check.broadcast(*(x.shape for x in inputs)))
        check.inputs(inputs, 1, 1)
        wanted = f"an integer that {inputs[0].dtype} holds"
        check.setting(self._fits(inputs[0]), "number", self.number, wanted)
        return inputs[0]

    def _fits(self, x: TensorType) -> bool:
        """Whether the number can take the dtype of `x`; an axis is taken to fit, as sizes do."""
        if x.dtype.is_float or isinstance(self.number, Axis):
            return True
        low, high = (
            (0, 255) if x.dtype == U8 else (-(2 ** (x.dtype.bits - 1)), 2 ** (x.dtype.bits - 1) - 1)
        )
        return isinstance(self.number, int) and low <= self.number <= high

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
