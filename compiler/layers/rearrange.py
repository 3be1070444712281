"""Axes split, merged and reordered by a pattern."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Named, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._rearranging import check_pattern, plan_of


class Rearrange(Form):
    """Splits, merges and reorders axes in einops' notation; sizes that do not follow are given by
    name.

    Shapes: [N, H * D, T] with "n (h d) t -> n h t d", h=8 -> [N, 8, T, D].
    """

    example: ClassVar[str] = 'x -> rearrange("n (h d) t -> n h t d", h=8)'
    typical: ClassVar[tuple[str, ...]] = (
        'f32[N, 6, T] -> rearrange("n (h d) t -> n h t d", axes=[["h", 2]])',
        'f32[N, C, H, W] -> rearrange("n c h w -> n (h w) c")',
        'f32[N, 4, T] -> rearrange("n ... t -> t ... n")',
        'f32[N, 1, T] -> rearrange("n 1 t -> (n t)")',
    )

    pattern: str = required()
    axes: Named = option(default=())

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return check_pattern(check, inputs[0], self.pattern, self.axes, drops=False, adds=False)

    def to_torch(self, *inputs: TensorType) -> Call:
        return plan_of(inputs[0], self.pattern, self.axes).to_torch()

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return plan_of(onnx.type(inputs[0]), self.pattern, self.axes).to_onnx(onnx, inputs[0])
