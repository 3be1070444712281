"""Repetition along new axes by a pattern."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import Named, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._rearranging import check_pattern, plan_of


class Broadcast(Form):
    """Repeats along new axes, in einops' notation (its `repeat`); their sizes are given by name.

    Shapes: [N, C] with "n c -> n c h w", h=4, w=4 -> [N, C, 4, 4].
    """

    example: ClassVar[str] = 'x -> broadcast("n t d -> n (t r) d", r=2)'
    typical: ClassVar[tuple[str, ...]] = (
        'f32[N, C] -> broadcast("n c -> n c h", axes=[["h", 3]])',
        'f32[N, T, 4] -> broadcast("n t d -> n (t r) d", axes=[["r", 2]])',
        'i64[N] -> broadcast("n -> a n b", axes=[["a", 2], ["b", 3]])',
    )

    pattern: str = required()
    axes: Named = option(default=())

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        return check_pattern(check, inputs[0], self.pattern, self.axes, drops=False, adds=True)

    def to_torch(self, *inputs: TensorType) -> Call:
        return plan_of(inputs[0], self.pattern, self.axes).to_torch()

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return plan_of(onnx.type(inputs[0]), self.pattern, self.axes).to_onnx(onnx, inputs[0])
