"""Rotary position embedding."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import option
from ..layer import Layer
from ..lowering import Call, Function, OnnxBuilder
from ..types import F32, I64, TensorType
from ._form import onnx_reshape
from ._indices import expect_indices
from ._onnx import halves


class Rotary(Layer):
    """Turns pairs of features by an angle that grows with the position, for queries and keys of
    attention.

    In each head of width D, features i and i + D / 2 at position t turn by t * base^(-2 i / D).
    Positions lie on the axis before the last, from 0, unless a second input says which they are: of
    tokens that follow cached ones, say. Shapes: [N, T, heads * D] or [N, H, T, D] -> the same;
    positions, i32 or i64, are [T] or [N, T]. Source: Su et al. 2021.
    """

    family: ClassVar[str] = "attention"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    example: ClassVar[str] = "q -> rotary(heads=8)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 8]",
        "f32[N, T, 12] -> rotary(heads=3)",
        "f32[N, 2, T, 4] -> rotary(base=100.0)",
        "f32[N, T, 8], i64[T] -> rotary(heads=2)",
        "f32[N, 2, T, 4], i32[N, T]",
    )

    base: float = option(default=10000.0)
    heads: int = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, *positions = inputs
        check.rank(x, 3, 4)
        check.floating(x)
        check.setting(self.base > 0, "base", self.base, "above 0")
        width = check.known(x.shape[-1], "the last axis")
        check.divides(self.heads, width, "heads", "features")
        check.divides(2, width // self.heads, "halves", "features of a head, which turn in pairs,")
        for places in positions:
            expect_indices(check, places)
            check.rank(places, 1, 2)
            check.equal(places.shape[-1], x.shape[-2], "the numbers of positions")
            if places.rank == 2:
                check.equal(places.shape[0], x.shape[0], "the batch sizes")
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * 3

    def to_torch(self, *inputs: TensorType) -> Call:
        rotary = Function("archc.compiler.support.rotary:rotary")
        template = "{rotary}({0}" + (", {1}" if len(inputs) == 2 else "")
        template += ", heads={heads}" if self.heads != 1 else ""
        template += (", base={base}" if self.base != 10000.0 else "") + ")"
        return Call(template, {"rotary": rotary, "heads": self.heads, "base": self.base})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        x, *positions = inputs
        type_ = onnx.type(x)
        size = type_.shape[-1]
        assert isinstance(size, int)
        cut = (*type_.shape[:-1], self.heads, size // self.heads)
        cosine, sine = self._turns(onnx, type_, size // self.heads // 2, *positions)
        a, b = halves(onnx, onnx_reshape(onnx, x, type_.shape, cut), -1)
        first = onnx.op("Sub", onnx.op("Mul", a, cosine), onnx.op("Mul", b, sine))
        second = onnx.op("Add", onnx.op("Mul", b, cosine), onnx.op("Mul", a, sine))
        return onnx_reshape(onnx, onnx.op("Concat", first, second, axis=-1), cut, type_.shape)

    def _turns(
        self, onnx: OnnxBuilder, x: TensorType, half: int, positions: str | None = None
    ) -> tuple[str, ...]:
        """Cosine and sine of every angle, [T, 1, half], computed in f32 at least; with positions of
        each example [N, T, 1, half] or [N, 1, T, 1, half].
        """
        rank = 1
        if positions is None:
            steps = onnx.number(0, I64), onnx.number(x.shape[-2], I64), onnx.number(1, I64)
            positions = onnx.op("Range", *steps)
        else:
            rank = onnx.type(positions).rank
        dtype = x.dtype if x.dtype.bits > 32 else F32
        places = onnx.op("Cast", positions, to=dtype.onnx)
        speeds = onnx.constant([self.base ** (-index / half) for index in range(half)], dtype)
        new = [1, 2] if rank == 1 else [*range(1, x.rank - 2), x.rank - 1, x.rank]
        angles = onnx.op("Mul", onnx.op("Unsqueeze", places, onnx.ints(new)), speeds)
        turns = onnx.op("Cos", angles), onnx.op("Sin", angles)
        if dtype == x.dtype:
            return turns
        return tuple(onnx.op("Cast", turn, to=x.dtype.onnx) for turn in turns)
