"""Dropout of single elements."""

from typing import ClassVar

from ..lowering import Module
from ..types import TensorType
from ._dropout import Dropping


class Dropout(Dropping):
    """While training, each element is zero with probability `rate` and the others are scaled by 1
    / (1 - rate).

    Shapes: any -> the same. Source: Srivastava et al. 2014.
    """

    example: ClassVar[str] = "x -> dropout(0.1)"

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module("nn.Dropout", (self.rate,))
