"""What normalisations over a group of elements share."""

from collections.abc import Mapping
from typing import ClassVar

from ..dims import Dim
from ..layer import Layer, WeightType
from ..lowering import OnnxBuilder
from ..types import DType, TensorType


class Normalising(Layer):
    """The same type out as in; eight operations for each element."""

    family: ClassVar[str] = "normalisation"

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * 8


def scale_and_bias(shape: tuple[int, ...], dtype: DType) -> Mapping[str, WeightType]:
    return {"weight": WeightType(shape, dtype), "bias": WeightType(shape, dtype)}


def along_channels(onnx: OnnxBuilder, y: str, rank: int) -> str:
    """y * weight + bias, both along axis 1."""
    shape = (-1,) + (1,) * (rank - 2)
    scaled = onnx.op("Mul", y, onnx.weight("weight", lambda weight: weight.reshape(shape)))
    return onnx.op("Add", scaled, onnx.weight("bias", lambda bias: bias.reshape(shape)))
