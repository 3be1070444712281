"""Rotary position embedding."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import option
from ..layer import Layer
from ..lowering import Call, Function, OnnxBuilder
from ..types import F32, I64, TensorType
from ._form import onnx_reshape
from ._onnx import halves


class Rotary(Layer):
    """Turns pairs of features by an angle that grows with the position, for queries and keys of
    attention.

    In each head of width D, features i and i + D / 2 at position t turn by t * base^(-2 i / D).
    Positions lie on the axis before the last, from 0. Shapes: [N, T, heads * D] or [N, H, T, D] ->
    the same. Source: Su et al. 2021.
    """

    family: ClassVar[str] = "attention"
    example: ClassVar[str] = "q -> rotary(heads=8)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, T, 8]",
        "f32[N, T, 12] -> rotary(heads=3)",
        "f32[N, 2, T, 4] -> rotary(base=100.0)",
    )

    base: float = option(default=10000.0)
    heads: int = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, 4)
        check.floating(x)
        check.setting(self.base > 0, "base", self.base, "above 0")
        width = check.known(x.shape[-1], "the last axis")
        check.divides(self.heads, width, "heads", "features")
        if width // self.heads % 2:
            what = "features of a head, which turn in pairs,"
            check.fail(
                errors.shapes.DoesNotDivide(check.site, 2, "halves", width // self.heads, what)
            )
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * 3

    def to_torch(self, *inputs: TensorType) -> Call:
        rotary = Function("archc.compiler.support.rotary:rotary")
        template = "{rotary}({0}" + (", heads={heads}" if self.heads != 1 else "")
        template += (", base={base}" if self.base != 10000.0 else "") + ")"
        return Call(template, {"rotary": rotary, "heads": self.heads, "base": self.base})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        size = type_.shape[-1]
        assert isinstance(size, int)
        cut = (*type_.shape[:-1], self.heads, size // self.heads)
        cosine, sine = self._turns(onnx, type_, size // self.heads // 2)
        a, b = halves(onnx, onnx_reshape(onnx, x, type_.shape, cut), -1)
        first = onnx.op("Sub", onnx.op("Mul", a, cosine), onnx.op("Mul", b, sine))
        second = onnx.op("Add", onnx.op("Mul", b, cosine), onnx.op("Mul", a, sine))
        return onnx_reshape(onnx, onnx.op("Concat", first, second, axis=-1), cut, type_.shape)

    def _turns(self, onnx: OnnxBuilder, x: TensorType, half: int) -> tuple[str, ...]:
        """Cosine and sine of every angle, [T, 1, half], computed in f32 at least."""
        steps = onnx.number(0, I64), onnx.number(x.shape[-2], I64), onnx.number(1, I64)
        dtype = x.dtype if x.dtype.bits > 32 else F32
        places = onnx.op("Cast", onnx.op("Range", *steps), to=dtype.onnx)
        speeds = onnx.constant([self.base ** (-index / half) for index in range(half)], dtype)
        angles = onnx.op("Mul", onnx.op("Unsqueeze", places, onnx.ints([1, 2])), speeds)
        turns = onnx.op("Cos", angles), onnx.op("Sin", angles)
        if dtype == x.dtype:
            return turns
        return tuple(onnx.op("Cast", turn, to=x.dtype.onnx) for turn in turns)
