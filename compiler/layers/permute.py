"""The axes in another order."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..hyperparameter import AxesInOrder, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form


class Permute(Form):
    """The axes in the order given. Shapes: [N, C, H, W] with axes [0, 2, 3, 1] -> [N, H, W, C]."""

    example: ClassVar[str] = "x -> permute([0, 2, 3, 1])"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, H, W] -> permute([0, 2, 3, 1])",
        "f32[N, T] -> permute([-1, 0])",
    )

    axes: AxesInOrder = required()

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        order = check.axes(x, self.axes)
        if len(order) != x.rank:
            check.fail(errors.forms.NotAPermutation(check.site, self.axes, x.rank))
        return x.with_shape(*(x.shape[axis] for axis in order))

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.permute({axes})", {"axes": self.axes})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        rank = onnx.type(x).rank
        return onnx.op("Transpose", x, perm=[axis % rank for axis in self.axes])
