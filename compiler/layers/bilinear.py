"""Bilinear form of two vectors."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, option, required
from ..layer import Layer, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import TensorType
from ._onnx import reduce


class Bilinear(Layer):
    """x^T W_u y + b_u on the last axes of two inputs, for each unit u; all other axes are the same
    in both.

    Shapes: [*, D], [*, E] -> [*, units]. Weights: weight [units, D, E], bias [units]; uniform with
    bound 1 / sqrt(D).
    """

    family: ClassVar[str] = "linear"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "(a, b) -> bilinear(16)"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, 3], f32[N, 4]", "f32[N, T, 2], f32[N, T, 5]")

    units: int = required(between(16, 1024, log=True))
    bias: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, y = inputs
        check.floating(x)
        check.same_dtype(x, y)
        check.rank(x, 2, -1)
        check.rank(y, x.rank)
        check.setting(self.units >= 1, "units", self.units, "at least 1")
        for axis, (a, b) in enumerate(zip(x.shape[:-1], y.shape[:-1], strict=True)):
            check.equal(a, b, f"the sizes of axis {axis}")
        for tensor in inputs:
            check.known(tensor.shape[-1], "the size of the last axis")
        return x.with_axis(-1, self.units)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        x, y = inputs
        weight = WeightType((self.units, _width(x), _width(y)), x.dtype)
        return {"weight": weight} | (
            {"bias": WeightType((self.units,), x.dtype)} if self.bias else {}
        )

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        x, y = inputs
        return outputs[0].elements * (2 * _width(x) * _width(y) + 2 * _width(y))

    def to_torch(self, *inputs: TensorType) -> Module:
        x, y = inputs
        bias = {} if self.bias else {"bias": False}
        return Module("nn.Bilinear", (_width(x), _width(y), self.units), bias | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """x times the weights as one matrix [D, units * E], then the sum of products with y."""
        x, y = inputs
        width, other, rank = _width(onnx.type(x)), _width(onnx.type(y)), onnx.type(x).rank
        matrix = onnx.weight(
            "weight", lambda weight: weight.transpose(1, 0, 2).reshape(width, self.units * other)
        )
        spread = onnx.ints([0] * (rank - 1) + [self.units, other])
        forms = onnx.op("Reshape", onnx.op("MatMul", x, matrix), spread)
        products = onnx.op("Mul", forms, onnx.op("Unsqueeze", y, onnx.ints([-2])))
        total = reduce(onnx, "ReduceSum", products, [-1], keep=False)
        return onnx.op("Add", total, onnx.weight("bias")) if self.bias else total


def _width(x: TensorType) -> int:
    width = x.shape[-1]
    assert isinstance(width, int)  # infer proved it
    return width
