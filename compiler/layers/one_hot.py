"""Numbers as vectors with a single one."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, option, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import F32, I64, DType, TensorType


class OneHot(Layer):
    """A vector for every number k from 0 to count - 1: one at place k, zero elsewhere; zeros for
    any other number.

    Shapes: [*I], integers -> [*I, count].
    """

    family: ClassVar[str] = "source"
    example: ClassVar[str] = "text -> one_hot(128)"
    typical: ClassVar[tuple[str, ...]] = (
        "i64[N, T] -> one_hot(3)",
        "u8[N] -> one_hot(2)",
        "i32[N, T]",
    )

    count: int = required(between(2, 1024, log=True))
    dtype: DType = option(default=F32)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.integer(x)
        check.setting(self.count >= 1, "count", self.count, "at least 1")
        return TensorType(self.dtype, (*x.shape, self.count))

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements

    def to_torch(self, *inputs: TensorType) -> Call:
        """Not `F.one_hot`, which stops to look at the data and takes i64 alone."""
        places = "torch.arange({count}, device={0}.device)"
        template = f"({{0}}.unsqueeze(-1) == {places}).to({{dtype}})"
        return Call(template, {"count": self.count, "dtype": self.dtype})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        numbers = x if onnx.type(x).dtype == I64 else onnx.op("Cast", x, to=I64.onnx)
        column = onnx.op("Unsqueeze", numbers, onnx.ints([-1]))
        bounds = onnx.number(0, I64), onnx.number(self.count, I64), onnx.number(1, I64)
        found = onnx.op("Equal", column, onnx.op("Range", *bounds))
        return onnx.op("Cast", found, to=self.dtype.onnx)
