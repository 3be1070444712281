"""Whole numbers in a row."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Size, one_of, option, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import I64, DType, TensorType


class Arange(Layer):
    """0, 1, … n - 1, for positions; n may be an axis. It has no input. Shapes: -> [n]."""

    family: ClassVar[str] = "source"
    arity: ClassVar[tuple[int, int | None]] = (0, 0)
    example: ClassVar[str] = "arange(T) -> embedding(1024, 64)"

    n: Size = required(one_of(8, 16, 32))
    dtype: DType = option(default=I64)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.at_least(self.n, 1, "n")
        accepted = self.dtype.is_float or self.dtype.name in ("i32", "i64")
        check.setting(accepted, "dtype", self.dtype, "a float dtype, i32 or i64")
        return TensorType(self.dtype, (self.n,))

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        dtype = "" if self.dtype == I64 else ", dtype={dtype}"
        values = {"n": self.n, "dtype": self.dtype}
        return Call(f"torch.arange({{n}}{dtype}, device={{device}})", values)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        bounds = onnx.number(0, I64), onnx.number(self.n, I64), onnx.number(1, I64)
        y = onnx.op("Range", *bounds)
        return y if self.dtype == I64 else onnx.op("Cast", y, to=self.dtype.onnx)
