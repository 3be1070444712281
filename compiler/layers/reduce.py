"""Reduction over the axes that a pattern drops."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Named, one_of, option, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._rearranging import check_pattern, plan_of

_ONNX = {
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "prod": "ReduceProd",
}
_TORCH = {"mean": "mean", "sum": "sum", "max": "amax", "min": "amin"}


class Reduce(Form):
    """Reduces over the axes that stand only on the left of a pattern, in einops' notation.

    Operations: mean, sum, max, min, prod. Shapes: [N, C, H, W] with "n c (h a) (w b) -> n c h w",
    a=2, b=2 -> [N, C, H / 2, W / 2].
    """

    family: ClassVar[str] = "reduction"
    example: ClassVar[str] = 'x -> reduce("n c h w -> n c", "mean")'
    typical: ClassVar[tuple[str, ...]] = (
        'f32[N, C, 4, 6] -> reduce("n c (h a) (w b) -> n c h w", "max", axes=[["a", 2], ["b", 3]])',
        'f32[N, C, H, W] -> reduce("n c h w -> n c", "mean")',
        'f32[N, C, T] -> reduce("n c t -> t n", "sum")',
        'f32[N, C, T] -> reduce("... t -> t", "prod")',
        'i32[N, C, T] -> reduce("n c t -> t", "min")',
    )

    pattern: str = required()
    operation: str = required(one_of("mean", "sum", "max"))
    axes: Named = option(default=())

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        wanted = " or ".join(_ONNX)
        check.setting(self.operation in _ONNX, "operation", self.operation, wanted)
        if self.operation in ("max", "min"):
            check.numeric(x)
        else:
            check.floating(x)
        return check_pattern(check, x, self.pattern, self.axes, drops=True, adds=False)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements

    def to_torch(self, *inputs: TensorType) -> Call:
        plan = plan_of(inputs[0], self.pattern, self.axes)
        if self.operation == "prod":  # PyTorch multiplies along one axis at a time
            return plan.to_torch("".join(f".prod({axis})" for axis in reversed(plan.folded)))
        return plan.to_torch(f".{_TORCH[self.operation]}(dim={{folded}})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        plan = plan_of(onnx.type(inputs[0]), self.pattern, self.axes)
        return plan.to_onnx(onnx, inputs[0], _ONNX[self.operation])
