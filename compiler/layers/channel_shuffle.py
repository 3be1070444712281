"""Channels mixed between groups."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form, onnx_reshape


class ChannelShuffle(Form):
    """Deals the channels out, so that each new group has some of every old one. Shapes: [N, C, *S]
    -> the same.

    Source: Zhang et al. 2018, ShuffleNet.
    """

    example: ClassVar[str] = "x -> channel_shuffle(4)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 6, H, W] -> channel_shuffle(3)",
        "f32[N, 4, T] -> channel_shuffle(2)",
    )

    groups: int = required(one_of(2, 3, 4, 8))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, -1)
        check.divides(self.groups, x.shape[1], "groups", "channels")
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("F.channel_shuffle({0}, {groups})", {"groups": self.groups})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        shape = onnx.type(x).shape
        batch, channels, *space = shape
        members = channels // self.groups
        y = onnx_reshape(onnx, x, shape, (batch, self.groups, members, *space))
        y = onnx.op("Transpose", y, perm=[0, 2, 1, *range(3, len(shape) + 1)])
        return onnx_reshape(onnx, y, (batch, members, self.groups, *space), shape)
