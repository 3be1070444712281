"""Layer normalisation."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Axes, option
from ..layer import WeightType, weight_dtype
from ..lowering import Call, Module, OnnxBuilder, TorchCode
from ..types import F64, Shape, TensorType
from ._normalising import Normalising
from ._onnx import standardise, transposed


class Layernorm(Normalising):
    """(x - mean) / sqrt(variance + eps) over the axes, for each of the other positions; then
    weight and bias.

    The axes may be any: [1] normalises the channels of an image. Shapes: any -> the same. Weights:
    weight and bias with the sizes of the axes, in their order in the input; none without `affine`,
    no bias without `bias`. Source: Ba et al. 2016.
    """

    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> layernorm"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, T, 4]", "f32[2, 3, 4, 5]")

    axes: Axes = option(default=(-1,))
    eps: float = option(default=1e-5)
    affine: bool = option(default=True)
    bias: bool = option(default=True)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.setting(bool(self.axes), "axes", list(self.axes), "at least one axis")
        check.setting(self.eps > 0, "eps", self.eps, "above 0")
        for axis in check.axes(x, self.axes):
            if self.affine:
                check.known(x.shape[axis], f"the size of axis {axis}, which has weights,")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        (x,) = inputs
        if not self.affine:
            return {}
        shape = tuple(size for size in self._sizes(x) if isinstance(size, int))
        weight = {"weight": WeightType(shape, x.dtype)}
        return weight | ({"bias": WeightType(shape, x.dtype)} if self.bias else {})

    def to_torch(self, *inputs: TensorType) -> TorchCode:
        (x,) = inputs
        sizes = self._sizes(x)
        order = self._order(x)
        in_place = order == sorted(order)
        if self.affine:
            settings = {"eps": self.eps} | weight_dtype(x) | ({} if self.bias else {"bias": False})
            if in_place:
                return Module("nn.LayerNorm", (sizes,), settings)
            target = "archc.compiler.support.permuted_layernorm:PermutedLayerNorm"
            return Module(target, (sizes, tuple(order)), settings)
        there, back = "", ""
        if not in_place:
            there, back = f".permute({order})", f".permute({_inverse(order)})"
        template = f"F.layer_norm({{0}}{there}, {{sizes}}, eps={{eps}}){back}"
        return Call(template, {"sizes": sizes, "eps": self.eps})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        sizes, order = self._sizes(type_), self._order(type_)
        if not self.affine:
            return standardise(onnx, x, self.axes, self.eps, type_.dtype)
        weights = [onnx.weight("weight")] + ([onnx.weight("bias")] if self.bias else [])
        start = -len(sizes)
        y = transposed(onnx, x, order)
        if type_.dtype == F64:  # the operator's own eps is an f32
            y = standardise(onnx, y, tuple(range(start, 0)), self.eps, type_.dtype)
            y = onnx.op("Mul", y, weights[0])
            y = onnx.op("Add", y, weights[1]) if self.bias else y
        else:
            y = onnx.op("LayerNormalization", y, *weights, axis=start, epsilon=self.eps)
        return transposed(onnx, y, _inverse(order))

    def _positions(self, x: TensorType) -> list[int]:
        return sorted(axis % x.rank for axis in self.axes)

    def _sizes(self, x: TensorType) -> Shape:
        return tuple(x.shape[axis] for axis in self._positions(x))

    def _order(self, x: TensorType) -> list[int]:
        """The axes of `x` with those to normalise last."""
        chosen = self._positions(x)
        return [axis for axis in range(x.rank) if axis not in chosen] + chosen


def _inverse(order: list[int]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)
