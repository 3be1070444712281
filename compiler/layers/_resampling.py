"""What `upsample` and `resize` share: the modes of interpolation in PyTorch and ONNX."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..checks import Checks
from ..dims import Dim
from ..lowering import OnnxBuilder
from ..types import F32, I64, TensorType
from ._spatial import expect_image

MODES = ("nearest", "linear", "bilinear", "trilinear", "bicubic")
_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
_AXES = {"bilinear": 2, "trilinear": 3, "bicubic": 2}


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A mode, and whether the corners' pixels lie on one another."""

    mode: str
    align_corners: bool

    def expect(self, check: Checks, x: TensorType) -> tuple[Dim, ...]:
        """The spatial sizes of an input that the mode can interpolate."""
        _, space = expect_image(check, x)
        count = len(space)
        possible = [mode for mode in MODES if _AXES.get(mode, count) == count]
        wanted = f"{' or '.join(possible)} for {count} spatial axes"
        check.setting(self.mode in possible, "mode", self.mode, wanted)
        fits = not self.align_corners or self.mode != "nearest"
        check.setting(fits, "align_corners", "true", "false with mode nearest")
        return space

    def flops(self, y: TensorType) -> Dim:
        """A multiply-add for each neighbour that takes part in a value; nearest only copies."""
        if self.mode == "nearest":
            return 0
        neighbours = 16 if self.mode == "bicubic" else 2 ** (y.rank - 2)
        return y.elements * 2 * neighbours

    def torch_settings(self, x: TensorType) -> str:
        """The keywords of `F.interpolate` after the size."""
        mode = _LINEAR[x.rank - 2] if self.mode == "linear" else self.mode
        return f', mode="{mode}"' + (", align_corners=True" if self.align_corners else "")

    def onnx_resize(self, onnx: OnnxBuilder, x: str, scales: str, sizes: str) -> str:
        """`Resize` by scales or to sizes; the other one is empty."""
        attributes: dict[str, Any] = {"mode": "linear"}
        if self.mode == "nearest":
            attributes = {"mode": "nearest", "nearest_mode": "floor"}
        if self.mode == "bicubic":
            attributes = {"mode": "cubic", "cubic_coeff_a": -0.75}
        operands = [x, "", scales] + ([sizes] if sizes else [])
        coordinates = self._coordinates()
        return onnx.op(
            "Resize", *operands, coordinate_transformation_mode=coordinates, **attributes
        )

    def _coordinates(self) -> str:
        if self.mode == "nearest":
            return "asymmetric"
        return "align_corners" if self.align_corners else "half_pixel"


def onnx_nearest(onnx: OnnxBuilder, x: str, old: Sequence[Dim], new: Sequence[Dim]) -> str:
    """Each spatial axis at the places that PyTorch takes.

    PyTorch multiplies places by f32(old / new) and rounds down; runtimes divide by f32(new / old),
    which ends up elsewhere where the true quotient is a whole number.
    """
    y = x
    for axis, (before, after) in enumerate(zip(old, new, strict=True), start=2):
        if before != after:
            y = onnx.op("Gather", y, _nearest_places(onnx, before, after), axis=axis)
    return y if y != x else onnx.op("Identity", x)


def _nearest_places(onnx: OnnxBuilder, before: Dim, after: Dim) -> str:
    count = onnx.op("Range", onnx.number(0, I64), onnx.number(after, I64), onnx.number(1, I64))
    ratio = onnx.op("Div", onnx.number(before, F32), onnx.number(after, F32))
    places = onnx.op("Floor", onnx.op("Mul", onnx.op("Cast", count, to=F32.onnx), ratio))
    return onnx.op("Min", onnx.op("Cast", places, to=I64.onnx), onnx.number(before - 1, I64))
