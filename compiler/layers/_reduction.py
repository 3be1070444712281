"""Layers that fold axes into one value: `mean sum max min prod variance norm logsumexp`, `argmax
argmin`.
"""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Axes, one_of, option, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._onnx import reduce


class Reduction(Layer):
    """Folds the axes into one value; with `keep` they stay, with size 1.

    `template` is the PyTorch expression over `axes` and `keep`; `onnx_op` the operator. `floats`
    refuses integers, `nonempty` axes without a single element.
    """

    family: ClassVar[str] = "reduction"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W] -> _(axes=[2, 3])",
        "f32[N, T, 4] -> _(axes=[1])",
        "f32[N, 5] -> _(axes=-1)",
        "i64[N, T] -> _(axes=[0, 1])",
    )
    template: ClassVar[str]
    onnx_op: ClassVar[str]
    floats: ClassVar[bool] = True
    nonempty: ClassVar[bool] = True

    axes: Axes = required(one_of(1, 2, 3, (2, 3)))
    keep: bool = option(default=False)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x) if self.floats else check.numeric(x)
        check.setting(bool(self.axes), "axes", list(self.axes), "at least one axis")
        axes = check.axes(x, self.axes)
        if self.nonempty:
            for axis in axes:
                check.at_least(x.shape[axis], 1, f"the size of axis {axis}")
        if self.keep:
            return x.with_shape(*(1 if i in axes else size for i, size in enumerate(x.shape)))
        return x.with_shape(*(size for i, size in enumerate(x.shape) if i not in axes))

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call(self.template, dict(vars(self)))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return reduce(onnx, self.onnx_op, inputs[0], self.axes, keep=self.keep)

    def positions(self, x: TensorType) -> tuple[int, ...]:
        """The axes counted from 0, in rising order."""
        return tuple(sorted(axis % x.rank for axis in self.axes))
