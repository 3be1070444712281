"""An image cut into windows, as sequences."""

from typing import ClassVar

from ..checks import Checks
from ..hyperparameter import one_of, required
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._form import Form
from ._pattern import Plan, parse


class Windows(Form):
    """Cuts an image into squares that do not overlap and makes each a sequence of its pixels, along
    the batch axis.

    Shapes: [N, C, H, W] -> [N * (H / size) * (W / size), size * size, C]. Source: Liu et al. 2021,
    Swin Transformer.
    """

    example: ClassVar[str] = "x -> windows(7) -> attend -> unwindows(7, 14, 14)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, C, 4, 6] -> windows(2)",
        "f32[N, C, 6, 3] -> windows(3)",
    )

    size: int = required(one_of(4, 7, 8))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 4)
        check.divides(self.size, x.shape[2], "pixels of a window", "rows")
        check.divides(self.size, x.shape[3], "pixels of a window", "columns")
        return x.with_shape(*self._plan(x).merged)

    def _plan(self, x: TensorType) -> Plan:
        pattern = parse("n c (h a) (w b) -> (n h w) (a b) c")
        return pattern.plan(x.shape, {"a": self.size, "b": self.size})

    def to_torch(self, *inputs: TensorType) -> Call:
        return self._plan(*inputs).to_torch()

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return self._plan(onnx.type(inputs[0])).to_onnx(onnx, inputs[0])
