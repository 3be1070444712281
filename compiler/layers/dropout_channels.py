"""Dropout of whole channels."""

from typing import ClassVar

from ..checks import Checks
from ..lowering import Module
from ..types import TensorType
from ._dropout import Dropping


class DropoutChannels(Dropping):
    """While training, each channel of each example is zero with probability `rate`; the others are
    scaled by 1 / (1 - rate).

    Shapes: [N, C, *S] -> the same, with one to three spatial axes. Source: Tompson et al. 2015.
    """

    example: ClassVar[str] = "x -> conv(64, 3) -> dropout_channels(0.1)"

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.rank(inputs[0], 3, 5)
        return super().infer(check, *inputs)

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module(f"nn.Dropout{inputs[0].rank - 2}d", (self.rate,))
