"""Logarithm of a sum of exponentials over axes."""

from typing import ClassVar

from ..dims import Dim
from ..types import TensorType
from ._reduction import Reduction


class Logsumexp(Reduction):
    """log(sum(exp(x))) over the axes, computed without overflow. Shapes: [N, T, D] with axes [1]
    -> [N, D].
    """

    example: ClassVar[str] = "x -> logsumexp(axes=[1])"
    template: ClassVar[str] = "torch.logsumexp({0}, dim={axes}, keepdim={keep})"
    onnx_op: ClassVar[str] = "ReduceLogSumExp"

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements * 4
