"""Layers that drop parts of a tensor while training and do nothing afterwards."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import between, required
from ..layer import Layer
from ..lowering import OnnxBuilder
from ..types import TensorType


class Dropping(Layer):
    """Drops with probability `rate` while training and scales what stays by 1 / (1 - rate): the
    mean does not change.
    """

    family: ClassVar[str] = "regularisation"
    stochastic: ClassVar[bool] = True
    training: ClassVar[bool] = True

    rate: float = required(between(0.0, 0.5))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        check.setting(0 <= self.rate < 1, "rate", self.rate, "at least 0 and below 1")
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """None: in inference it is the identity."""
        return 0

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", inputs[0])
