"""Norm over axes."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import one_of, option
from ..lowering import OnnxBuilder
from ..types import TensorType
from ._onnx import reduce
from ._reduction import Reduction


class Norm(Reduction):
    """sum(abs(x) ** order) ** (1 / order) over the axes: the length of a vector for order 2.

    Shapes: [N, T, D] with axes [2] -> [N, T].
    """

    example: ClassVar[str] = "x -> norm(axes=[1])"
    template: ClassVar[str] = (
        "torch.linalg.vector_norm({0}, ord={order}, dim={axes}, keepdim={keep})"
    )

    order: float = option(default=2.0, domain=one_of(1.0, 2.0))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(self.order > 0, "order", self.order, "above 0")
        return super().infer(check, *inputs)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements * 2

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        if self.order in (1, 2):
            return reduce(onnx, f"ReduceL{self.order:.0f}", x, self.axes, keep=self.keep)
        dtype = onnx.type(x).dtype
        powers = onnx.op("Pow", onnx.op("Abs", x), onnx.number(self.order, dtype))
        total = reduce(onnx, "ReduceSum", powers, self.axes, keep=self.keep)
        return onnx.op("Pow", total, onnx.number(1 / self.order, dtype))
