"""Softmax."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._activation import Activation


class Softmax(Activation):
    """exp(x) / sum(exp(x)) along one axis: what comes out is positive and adds up to 1. Shapes:
    any -> the same.
    """

    example: ClassVar[str] = "x -> softmax(axis=-1)"
    cost: ClassVar[int] = 5
    template: ClassVar[str] = "F.softmax({0}, dim={axis})"

    axis: AxisAt = option(default=-1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.axis(inputs[0], self.axis)
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Softmax", inputs[0], axis=self.axis)
