"""A learned vector for every number."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, option, required
from ..layer import Layer, WeightType
from ..lowering import Module, OnnxBuilder
from ..types import F32, DType, TensorType
from ._indices import expect_indices


class Embedding(Layer):
    """The row of a learned table for every number from 0 to count - 1.

    Shapes: [*I], i32 or i64 -> [*I, size]. Weights: weight [count, size]; initialised as PyTorch's,
    standard normal.
    """

    family: ClassVar[str] = "linear"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "text -> embedding(128, 64)"
    typical: ClassVar[tuple[str, ...]] = (
        "i64[N, T] -> embedding(4, 3)",
        "i32[N] -> embedding(2, 5)",
    )

    count: int = required(between(2, 65536, log=True))
    size: int = required(between(8, 1024, log=True))
    dtype: DType = option(default=F32)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        expect_indices(check, x)
        check.setting(self.count >= 1, "count", self.count, "at least 1")
        check.setting(self.size >= 1, "size", self.size, "at least 1")
        check.setting(self.dtype.is_float, "dtype", self.dtype, "a float dtype")
        return TensorType(self.dtype, (*x.shape, self.size))

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return {"weight": WeightType((self.count, self.size), self.dtype)}

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Module:
        dtype = {} if self.dtype == F32 else {"dtype": self.dtype}
        return Module("nn.Embedding", (self.count, self.size), dtype)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Gather", onnx.weight("weight"), inputs[0], axis=0)
