"""Logarithm of the softmax."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import AxisAt, option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._activation import Activation


class LogSoftmax(Activation):
    """x - log(sum(exp(x))) along one axis, computed without overflow. Shapes: any -> the same."""

    example: ClassVar[str] = "x -> log_softmax(axis=-1)"
    cost: ClassVar[int] = 6
    template: ClassVar[str] = "F.log_softmax({0}, dim={axis})"

    axis: AxisAt = option(default=-1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.axis(inputs[0], self.axis)
        return super().infer(check, *inputs)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("LogSoftmax", inputs[0], axis=self.axis)
