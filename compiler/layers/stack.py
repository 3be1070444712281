"""Stacking along a new axis."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import NewAxis, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Stack(Layer):
    """Its inputs, all of one shape, side by side along a new axis.

    Shapes: n times [A, B] -> [n, A, B] for axis 0.
    """

    family: ClassVar[str] = "joining"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    example: ClassVar[str] = "(a, b) -> stack(axis=1)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T], f32[N, T]",
        "i64[N], i64[N], i64[N] -> _(axis=1)",
    )

    axis: NewAxis = option(default=0)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        first = inputs[0]
        check.same_dtype(*inputs)
        axis = check.axis(first, self.axis, extra=1)
        for other in inputs[1:]:
            check.rank(other, first.rank)
            for position, (a, b) in enumerate(zip(first.shape, other.shape, strict=True)):
                check.equal(a, b, f"the sizes of axis {position}")
        return first.with_shape(*first.shape[:axis], len(inputs), *first.shape[axis:])

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.stack(({*},), dim={axis})", {"axis": self.axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        axes = onnx.ints([self.axis])
        return onnx.op("Concat", *(onnx.op("Unsqueeze", x, axes) for x in inputs), axis=self.axis)
