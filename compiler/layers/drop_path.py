"""Stochastic depth."""

from typing import ClassVar

from ..checks import Checks
from ..lowering import Module
from ..types import TensorType
from ._dropout import Dropping


class DropPath(Dropping):
    """While training, each example of the batch is zero with probability `rate`; the others are
    scaled by 1 / (1 - rate).

    At the end of a residual branch it skips the branch. Shapes: [N, *] -> the same. Source: Huang
    et al. 2016.
    """

    example: ClassVar[str] = "x -> residual { conv(64, 3) -> drop_path(0.1) }"

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.rank(inputs[0], 1, -1)
        return super().infer(check, *inputs)

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module("archc.compiler.support.drop_path:DropPath", (self.rate,))
