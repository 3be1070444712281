"""Gaussian noise in training."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import between, required
from ..layer import Layer
from ..lowering import Module, OnnxBuilder
from ..types import TensorType


class Noise(Layer):
    """x plus Gaussian noise of the given standard deviation in training; x itself after. Shapes:
    any -> the same.
    """

    family: ClassVar[str] = "source"
    stochastic: ClassVar[bool] = True
    training: ClassVar[bool] = True
    example: ClassVar[str] = "x -> noise(0.1)"

    std: float = required(between(0.01, 0.5, log=True))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.setting(self.std >= 0, "std", self.std, "at least 0")
        return x

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module("archc.compiler.support.noise:Noise", (self.std,))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", inputs[0])
