"""Gated linear unit."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import AxisAt, option
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._onnx import halves


class Glu(Layer):
    """a * sigmoid(b), where a and b are the two halves of the input along an axis.

    Shapes: [.., A, ..] -> [.., A // 2, ..]; A is even. Source: Dauphin et al. 2017.
    """

    family: ClassVar[str] = "activation"
    example: ClassVar[str] = "x -> conv(128, 3) -> glu"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4, T]",
        "f32[N, 6]",
        "f32[N, T, 8] -> glu(axis=-1)",
    )

    axis: AxisAt = option(default=1)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        check.floating(x)
        axis = check.axis(x, self.axis)
        check.divides(2, x.shape[axis], "halves", "elements of the axis")
        return x.with_axis(axis, x.shape[axis] // 2)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * 5

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("F.glu({0}, dim={axis})", {"axis": self.axis})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        value, gate = halves(onnx, inputs[0], self.axis)
        return onnx.op("Mul", value, onnx.op("Sigmoid", gate))
