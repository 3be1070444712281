"""Variance over axes."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import one_of, option
from ..lowering import OnnxBuilder
from ..types import TensorType, product
from ._onnx import reduce
from ._reduction import Reduction


class Variance(Reduction):
    """The variance over the axes: the squared distances from the mean, added up and divided by
    their number less `correction`.

    Shapes: [N, T, D] with axes [1] -> [N, D]. The correction of 1 is PyTorch's default; the number
    of elements must exceed it.
    """

    example: ClassVar[str] = "x -> variance(axes=[2, 3], correction=0)"
    template: ClassVar[str] = "torch.var({0}, dim={axes}, correction={correction}, keepdim={keep})"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, 3, W] -> _(axes=[2, 3])",
        "f32[N, T] -> _(axes=[1], correction=0)",
    )

    correction: int = option(default=1, domain=one_of(0, 1))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        y = super().infer(check, *inputs)
        check.setting(self.correction >= 0, "correction", self.correction, "at least 0")
        count = self._count(inputs[0])
        check.at_least(count, self.correction + 1, "the number of elements in a variance")
        return y

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements * 4

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        type_ = onnx.type(x)
        centred = onnx.op("Sub", x, reduce(onnx, "ReduceMean", x, self.axes, keep=True))
        squares = onnx.op("Mul", centred, centred)
        if not self.correction:
            return reduce(onnx, "ReduceMean", squares, self.axes, keep=self.keep)
        total = reduce(onnx, "ReduceSum", squares, self.axes, keep=self.keep)
        return onnx.op("Div", total, onnx.number(self._count(type_) - self.correction, type_.dtype))

    def _count(self, x: TensorType) -> Dim:
        return product(x.shape[axis] for axis in self.axes)
