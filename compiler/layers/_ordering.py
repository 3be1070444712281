"""Layers that put the elements along an axis in order: `sort`, `topk`."""

from typing import ClassVar

from ..checks import Checks
from ..layer import Layer
from ..types import I64, TensorType


class Ordering(Layer):
    """Two outputs: the elements in order, and the places where they stood, as i64. Of equal ones
    the first comes first, in every runtime.
    """

    family: ClassVar[str] = "parting"

    def ordered(self, check: Checks, x: TensorType, axis: int) -> tuple[TensorType, TensorType]:
        """The types of both outputs before any is dropped; what has no order, or has it in no
        runtime, is refused.
        """
        check.numeric(x)
        check.wide(x)
        check.axis(x, axis)
        return x, TensorType(I64, x.shape)
