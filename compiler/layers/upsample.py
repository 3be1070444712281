"""Enlarging by a whole factor."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Spatial, one_of, option, required, shorten
from ..lowering import Call, OnnxBuilder
from ..types import F32, TensorType
from ._form import Form
from ._resampling import Interpolation
from ._spatial import spread


class Upsample(Form):
    """Makes spatial axes `scale` times as long, by repetition or interpolation.

    Modes: nearest, linear (bilinear on images), bicubic; `align_corners` lets the corners meet.
    Shapes: [N, C, *S] -> [N, C, *(scale * S)].
    """

    example: ClassVar[str] = "x -> upsample(2)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W] -> upsample(2)",
        'f32[N, C, H, W] -> upsample([2, 3], "bilinear")',
        'f32[N, C, T] -> upsample(2, "linear")',
        'f32[N, C, 3, 4] -> upsample(2, "bicubic")',
        'f32[N, C, 3, 4] -> upsample(2, "linear", align_corners=True)',
    )

    scale: Spatial = required(one_of(2, 4))
    mode: str = option(default="nearest", domain=one_of("nearest", "linear"))
    align_corners: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        space = self._interpolation().expect(check, x)
        scale = check.per_axis(self.scale, len(space), "scale")
        sizes = [factor * size for factor, size in zip(scale, space, strict=True)]
        return x.with_shape(*x.shape[:2], *sizes)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return self._interpolation().flops(outputs[0])

    def _interpolation(self) -> Interpolation:
        return Interpolation(self.mode, self.align_corners)

    def to_torch(self, *inputs: TensorType) -> Call:
        space = inputs[0].rank - 2
        scale = shorten(spread(self.scale, space))
        settings = self._interpolation().torch_settings(inputs[0])
        return Call(f"F.interpolate({{0}}, scale_factor={{scale}}{settings})", {"scale": scale})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        scale = spread(self.scale, onnx.type(x).rank - 2)
        scales = onnx.constant([1.0, 1.0, *map(float, scale)], F32)
        return self._interpolation().onnx_resize(onnx, x, scales, "")
