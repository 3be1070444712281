"""Padding at the ends of axes."""

from typing import Any, ClassVar

from .. import errors
from ..checks import Checks
from ..hyperparameter import Anything, Number, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._numbers import expect_fit
from ._spatial import onnx_pads, torch_pad

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
_END = 2**63 - 1


class Pad(Form):
    """Makes axes longer at both ends: by a value, or with `mode` reflect, replicate or circular by
    what is there.

    `widths` is one integer for both ends of every spatial axis (from axis 2 on, else the last one),
    or a list with one entry for each of the last axes: an integer for both ends, or `[before,
    after]`.
    Shapes: [N, C, H, W] with widths [[1, 0], [2, 2]] -> [N, C, H + 1, W + 4].
    """

    example: ClassVar[str] = "x -> pad([[2, 0]])"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, 4, 5] -> pad([[1, 0], [2, 2]])",
        'f32[N, C, 4] -> pad([[2, 1]], "reflect")',
        'f32[N, C, H, W] -> pad(1, "replicate")',
        'f32[N, C, 4, 4] -> pad([2, 0], "circular")',
        "f32[N, T] -> pad(2, value=1.5)",
        "i64[N, T, 3] -> pad([1, [0, 2]], value=-3)",
    )

    widths: Anything = required()
    mode: str = option(default="constant")
    value: Number = option(default=0)

    def plain(self, rank: int) -> dict[str, Any]:
        pairs = self._pairs(rank)
        while len(pairs) > 1 and pairs[0] == (0, 0):
            pairs = pairs[1:]
        return super().plain(rank) | {"widths": pairs}

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 1, -1)
        check.numeric(x)
        wanted = "an integer or a list of integers or [before, after], each at least 0"
        check.setting(_well_formed(self.widths), "widths", self.widths, wanted)
        check.setting(self.mode in MODES, "mode", self.mode, " or ".join(MODES))
        expect_fit(check, self.value, x.dtype)
        pairs = self._pairs(x.rank)
        if len(pairs) > x.rank:
            wanted = f"a list for at most {x.rank} axes"
            check.fail(errors.shapes.BadSetting(check.site, "widths", str(self.widths), wanted))
        if self.mode != "constant":
            self._expect_reach(check, x)
        padded = zip(x.shape[x.rank - len(pairs) :], pairs, strict=True)
        ends = [size + before + after for size, (before, after) in padded]
        return x.with_shape(*x.shape[: x.rank - len(pairs)], *ends)

    def _expect_reach(self, check: Checks, x: TensorType) -> None:
        """What PyTorch can pad by what is there: which axes, and how far."""
        pairs = self._pairs(x.rank)
        if not x.rank - 1 >= len(pairs) or len(pairs) > 3 or x.rank > 5:
            check.fail(errors.forms.PadAxes(check.site, self.mode, x.rank - len(pairs), x.rank))
        for axis, pair in enumerate(pairs, start=x.rank - len(pairs)):
            if self.mode == "reflect":
                check.at_least(x.shape[axis], max(pair) + 1, f"the size of axis {axis}")
            if self.mode == "circular":
                check.at_least(x.shape[axis], max(pair), f"the size of axis {axis}")

    def _pairs(self, rank: int) -> tuple[tuple[int, int], ...]:
        """(before, after) for the last axes; other modes than `constant` want the right number of
        them.
        """
        if isinstance(self.widths, int):
            return ((self.widths, self.widths),) * max(rank - 2, 1)
        pairs = tuple(item if isinstance(item, tuple) else (item, item) for item in self.widths)
        if self.mode == "constant":
            return pairs
        while len(pairs) > 1 and pairs[0] == (0, 0):
            pairs = pairs[1:]
        return ((0, 0),) * (min(rank - 2, 3) - len(pairs)) + pairs

    def to_torch(self, *inputs: TensorType) -> Call:
        values: dict[str, Any] = {"widths": torch_pad(self._pairs(inputs[0].rank))}
        if self.mode != "constant":
            return Call('F.pad({0}, {widths}, mode="' + self.mode + '")', values)
        if self.value == 0:
            return Call("F.pad({0}, {widths})", values)
        return Call("F.pad({0}, {widths}, value={value})", values | {"value": self.value})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        pairs = self._pairs(type_.rank)
        if self.mode == "circular":
            return _circular(onnx, x, type_.rank, pairs)
        pads = onnx.ints(onnx_pads(((0, 0),) * (type_.rank - len(pairs)) + pairs))
        value = [onnx.number(self.value, type_.dtype)] if self.mode == "constant" else []
        return onnx.op("Pad", x, pads, *value, mode=MODES[self.mode])


def _well_formed(widths: object) -> bool:
    if not isinstance(widths, tuple):
        return _is_width(widths)
    return len(widths) > 0 and all(
        len(item) == 2 and all(map(_is_width, item)) if isinstance(item, tuple) else _is_width(item)
        for item in widths
    )


def _is_width(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _circular(onnx: OnnxBuilder, x: str, rank: int, pairs: tuple[tuple[int, int], ...]) -> str:
    """ONNX wraps from opset 19 on; slices do it in every opset."""
    for axis, (before, after) in enumerate(pairs, start=rank - len(pairs)):
        parts = [x]
        if before:
            parts.insert(0, _stretch(onnx, x, axis, -before, _END))
        if after:
            parts.append(_stretch(onnx, x, axis, 0, after))
        x = onnx.op("Concat", *parts, axis=axis) if len(parts) > 1 else x
    return x


def _stretch(onnx: OnnxBuilder, x: str, axis: int, start: int, stop: int) -> str:
    return onnx.op("Slice", x, onnx.ints([start]), onnx.ints([stop]), onnx.ints([axis]))
