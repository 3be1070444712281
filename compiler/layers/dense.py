"""Fully connected layer on the last axis."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, option, required
from ..layer import Layer, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import TensorType


class Dense(Layer):
    """x W^T + b on the last axis, the same for every position of the other axes.

    Shapes: [*, D] -> [*, units]. Weights: weight [units, D], bias [units]; initialised as
    PyTorch's, uniform with bound 1 / sqrt(D).
    """

    family: ClassVar[str] = "linear"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> dense(10)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4]",
        "f32[N, T, 3]",
    )

    units: int = required(between(16, 1024, log=True))
    bias: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.rank(x, 1, -1)
        check.known(x.shape[-1], "the size of the last axis")
        check.setting(self.units >= 1, "units", self.units, "at least 1")
        return x.with_axis(-1, self.units)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        weight = WeightType((self.units, _width(x)), x.dtype)
        return {"weight": weight} | (
            {"bias": WeightType((self.units,), x.dtype)} if self.bias else {}
        )

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * (2 * _width(inputs[0]) + (1 if self.bias else 0))

    def to_torch(self, *inputs: TensorType) -> Module:
        bias = {} if self.bias else {"bias": False}
        return Module("nn.Linear", (_width(inputs[0]), self.units), bias | weight_dtype(inputs[0]))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        if onnx.type(x).rank == 2:
            bias = [onnx.weight("bias")] if self.bias else []
            return onnx.op("Gemm", x, onnx.weight("weight"), *bias, transB=1)
        y = onnx.op("MatMul", x, onnx.weight("weight", lambda weight: weight.T))
        return onnx.op("Add", y, onnx.weight("bias")) if self.bias else y


def _width(x: TensorType) -> int:
    width = x.shape[-1]
    assert isinstance(width, int)  # infer proved it
    return width
