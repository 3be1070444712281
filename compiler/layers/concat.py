"""Concatenation along an axis."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import AxisAt, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Concat(Layer):
    """Its inputs side by side along one axis; every other axis must be the same in all of them.

    Shapes: [.., A, ..], [.., B, ..] -> [.., A + B, ..].
    """

    family: ClassVar[str] = "joining"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    example: ClassVar[str] = "(a, b) -> concat(axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, A, T], f32[N, B, T]",
        "f32[N, C], f32[N, C], f32[N, 1]",
        "f32[A, N], f32[B, N] -> _(axis=0)",
    )

    axis: AxisAt = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        first = inputs[0]
        check.same_dtype(*inputs)
        axis = check.axis(first, self.axis)
        total: Dim = first.shape[axis]
        for other in inputs[1:]:
            check.rank(other, first.rank)
            for position, (a, b) in enumerate(zip(first.shape, other.shape, strict=True)):
                if position != axis:
                    check.equal(a, b, f"the sizes of axis {position}")
            total = total + other.shape[axis]
        return first.with_axis(axis, total)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.cat(({*},), dim={axis})", {"axis": self.axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Concat", *inputs, axis=self.axis)
