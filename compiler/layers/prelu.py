"""Parametric rectified linear unit."""

from collections.abc import Mapping
from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, option
from ..layer import Layer, WeightType, weight_dtype
from ..lowering import Module, OnnxBuilder
from ..types import TensorType
from ._spatial import channels_of


class Prelu(Layer):
    """x where x > 0, else weight * x, with a learned weight: one in all, or one for each channel.

    Shapes: any -> the same; with `per_channel` [N, C, *]. Weights: weight [1] or [C], at the start
    0.25. Source: He et al. 2015.
    """

    family: ClassVar[str] = "activation"
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x -> conv(64, 3) -> prelu"

    per_channel: bool = option(default=False, domain=one_of(False, True))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        if self.per_channel:
            check.rank(x, 2, -1)
            check.known(x.shape[1], "the number of channels")
        return x

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return {"weight": WeightType((self._count(inputs[0]),), inputs[0].dtype)}

    def to_torch(self, *inputs: TensorType) -> Module:
        (x,) = inputs
        args = (self._count(x),) if self.per_channel else ()
        return Module("nn.PReLU", args, weight_dtype(x))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        after = type_.rank - 2 if self.per_channel else 0
        slope = onnx.weight("weight", lambda weight: weight.reshape((-1,) + (1,) * after))
        if not type_.rank:
            slope = onnx.weight("weight", lambda weight: weight.reshape(()))
        return onnx.op("PRelu", x, slope)

    def _count(self, x: TensorType) -> int:
        return channels_of(x) if self.per_channel else 1
