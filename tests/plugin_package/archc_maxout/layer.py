"""Maxout, as archc's compiler sees it."""

from collections.abc import Mapping
from typing import ClassVar

from archc.compiler.checks import Checks
from archc.compiler.dims import Dim
from archc.compiler.hyperparameter import between, one_of, option, required
from archc.compiler.layer import Layer, WeightType, weight_dtype
from archc.compiler.lowering import Module, OnnxBuilder
from archc.compiler.types import TensorType


class Maxout(Layer):
    """The greatest of several affine maps of the last axis, for each unit: a learned convex
    activation.

    Shapes: [*, D] -> [*, units]. Weights: weight [units * pieces, D], bias [units * pieces];
    initialised as PyTorch's linear layers, uniform with bound 1 / sqrt(D).
    Source: Goodfellow et al. 2013.
    """

    family: ClassVar[str] = "linear"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> maxout(64, pieces=3)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4] -> maxout(3)",
        "f32[N, T, 5] -> maxout(2, pieces=4, bias=False)",
    )

    units: int = required(between(16, 512, log=True))
    pieces: int = option(default=2, domain=one_of(2, 3, 4))
    bias: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.rank(x, 1, -1)
        check.known(x.shape[-1], "the last axis")
        check.setting(self.units >= 1, "units", self.units, "at least 1")
        check.setting(1 <= self.pieces <= 64, "pieces", self.pieces, "from 1 to 64")
        return x.with_axis(-1, self.units)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        rows = self.units * self.pieces
        width = x.shape[-1]
        assert isinstance(width, int)  # infer proved it
        found = {"weight": WeightType((rows, width), x.dtype)}
        return found | ({"bias": WeightType((rows,), x.dtype)} if self.bias else {})

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """Two for each weight, one for each bias and one for each piece that is compared."""
        (x,), (y,) = inputs, outputs
        each = 2 * x.shape[-1] + (1 if self.bias else 0) + 1
        return y.elements * self.pieces * each

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        settings = {"pieces": self.pieces} | ({} if self.bias else {"bias": False})
        target = "archc_maxout.support:Maxout"
        return Module(target, (x.shape[-1], self.units), settings | weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        y = onnx.op("MatMul", x, onnx.weight("weight", lambda weight: weight.T))
        if self.bias:
            y = onnx.op("Add", y, onnx.weight("bias"))
        shape = (*onnx.type(x).shape[:-1], self.units, self.pieces)
        y = onnx.op("Reshape", y, onnx.shape(shape))
        if onnx.opset < 18:
            return onnx.op("ReduceMax", y, axes=[-1], keepdims=0)
        return onnx.op("ReduceMax", y, onnx.ints([-1]), keepdims=0)
