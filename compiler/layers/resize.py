"""Resampling to a given size."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import SpatialSizes, one_of, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._resampling import Interpolation, onnx_nearest


class Resize(Form):
    """Resamples the spatial axes to a size: one for all of them, or a list; axes may stand in it.

    Modes: nearest, linear (bilinear on images), bicubic; without smoothing where it shrinks.
    Shapes: [N, C, *S] -> [N, C, *size].
    """

    example: ClassVar[str] = 'x -> resize([32, 32], mode="linear")'
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, 4, 6] -> resize(3)",
        'f32[N, C, 4, 6] -> resize([8, 5], "linear")',
        'f32[N, C, 4] -> resize(8, "nearest")',
        'f32[N, C, 4, 6] -> resize([8, 5], "bicubic")',
        'f32[N, C, 4, 6] -> resize([8, 5], "linear", align_corners=True)',
    )

    size: SpatialSizes = required(one_of(8, 16, 32))
    mode: str = option(default="nearest", domain=one_of("nearest", "linear"))
    align_corners: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        space = self._interpolation().expect(check, x)
        sizes = self._sizes(len(space))
        if len(sizes) != len(space):
            check.fail(errors.shapes.WrongLength(check.site, "size", len(space), len(sizes)))
        for size in sizes:
            check.at_least(size, 1, "the size")
        return x.with_shape(*x.shape[:2], *sizes)

    def _sizes(self, count: int) -> tuple[Dim, ...]:
        return self.size if isinstance(self.size, tuple) else (self.size,) * count

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return self._interpolation().flops(outputs[0])

    def _interpolation(self) -> Interpolation:
        return Interpolation(self.mode, self.align_corners)

    def to_torch(self, *inputs: TensorType) -> Call:
        space = inputs[0].rank - 2
        settings = self._interpolation().torch_settings(inputs[0])
        return Call(f"F.interpolate({{0}}, size={{size}}{settings})", {"size": self._sizes(space)})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        wanted = self._sizes(type_.rank - 2)
        if self.mode == "nearest":
            return onnx_nearest(onnx, x, type_.shape[2:], wanted)
        sizes = onnx.shape((*type_.shape[:2], *wanted))
        return self._interpolation().onnx_resize(onnx, x, "", sizes)
