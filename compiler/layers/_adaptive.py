"""Pooling to a given size: window i of n reaches from floor(i * S / n) to ceil((i + 1) * S / n),
as in PyTorch.
"""

from collections.abc import Sequence
from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Spatial, one_of, required, shorten
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import BOOL, I64, DType, TensorType
from ._onnx import reduce, transposed
from ._spatial import spread


class AdaptivePooling(Layer):
    """`[N, C, *S]` to `[N, C, *size]`. `word` is PyTorch's, `reduction` and `pooling` are ONNX's
    operators.
    """

    family: ClassVar[str] = "pooling"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, C, H, W]", "f32[N, C, T]", "f32[N, C, 4, 6, 8]")
    word: ClassVar[str]
    reduction: ClassVar[str]
    pooling: ClassVar[str]

    size: Spatial = required(one_of(1, 2, 4))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, 5)
        check.floating(x)
        sizes = check.per_axis(self.size, x.rank - 2, "size")
        for axis, size in enumerate(x.shape[2:], start=2):
            check.at_least(size, 1, f"the size of axis {axis}")
        return x.with_shape(*x.shape[:2], *sizes)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements

    def to_torch(self, *inputs: TensorType) -> Call:
        space = inputs[0].rank - 2
        size = shorten(spread(self.size, space))
        return Call(f"F.adaptive_{self.word}_pool{space}d({{0}}, {{size}})", {"size": size})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """One pooling where the sizes divide; else axis by axis, as the window is a product of
        stretches.
        """
        (x,) = inputs
        type_ = onnx.type(x)
        sizes = spread(self.size, type_.rank - 2)
        if all(size == 1 for size in sizes):
            return reduce(onnx, self.reduction, x, range(2, type_.rank), keep=True)
        kernel = [
            length // size
            for length, size in zip(type_.shape[2:], sizes, strict=True)
            if isinstance(length, int) and length % size == 0
        ]
        if len(kernel) == len(sizes):
            return onnx.op(self.pooling, x, kernel_shape=kernel, strides=kernel)
        for axis, size in enumerate(sizes, start=2):
            x = self._fold_axis(onnx, x, type_, axis, size)
        return x

    def _fold_axis(self, onnx: OnnxBuilder, x: str, type_: TensorType, axis: int, size: int) -> str:
        order = list(range(type_.rank))
        order[axis], order[-1] = order[-1], order[axis]
        inside = stretches(onnx, type_.shape[axis], size)
        folded = self.fold(onnx, transposed(onnx, x, order), inside, type_.dtype)
        return transposed(onnx, folded, order)

    def fold(self, onnx: OnnxBuilder, x: str, inside: str, dtype: DType) -> str:
        """Pools the last axis of `x`, of length S; `inside` is bool[size, S]."""
        raise NotImplementedError


def stretches(onnx: OnnxBuilder, length: Dim, size: int) -> str:
    """bool[size, length]: whether an element belongs to a window."""
    if isinstance(length, int):
        return onnx.constant(_inside(length, size), BOOL)
    number = onnx.shape([length])
    start = onnx.op("Div", onnx.op("Mul", _column(onnx, range(size)), number), onnx.ints([size]))
    rounding = onnx.ints([size - 1])
    scaled = onnx.op("Mul", _column(onnx, range(1, size + 1)), number)
    end = onnx.op("Div", onnx.op("Add", scaled, rounding), onnx.ints([size]))
    zero, one = onnx.constant(0, I64), onnx.constant(1, I64)
    position = onnx.op("Range", zero, onnx.op("Squeeze", number, onnx.ints([0])), one)
    begun = onnx.op("GreaterOrEqual", position, start)
    return onnx.op("And", begun, onnx.op("Less", position, end))


def _column(onnx: OnnxBuilder, values: Sequence[int]) -> str:
    return onnx.constant([[value] for value in values], I64)


def _inside(length: int, size: int) -> list[list[bool]]:
    return [
        [i * length // size <= at < -(-(i + 1) * length // size) for at in range(length)]
        for i in range(size)
    ]
