"""Pooling over all spatial axes at once."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._onnx import reduce


class GlobalPooling(Layer):
    """`[N, C, *S]` to `[N, C]`. `function` is a function of torch over `dim`, `onnx_op` a
    reduction.
    """

    family: ClassVar[str] = "pooling"
    typical: ClassVar[tuple[str, ...]] = ("f32[N, C, H, W]", "f32[N, C, T]")
    function: ClassVar[str]
    onnx_op: ClassVar[str]

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.rank(x, 3, -1)
        check.floating(x)
        for axis, size in enumerate(x.shape[2:], start=2):
            check.at_least(size, 1, f"the size of axis {axis}")
        return x.with_shape(*x.shape[:2])

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return inputs[0].elements

    def to_torch(self, *inputs: TensorType) -> Call:
        axes = tuple(range(2, inputs[0].rank))
        return Call(f"torch.{self.function}({{0}}, dim={{axes}})", {"axes": axes})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        return reduce(onnx, self.onnx_op, x, range(2, onnx.type(x).rank), keep=False)
