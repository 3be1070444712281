"""Matrix product of two tensors."""

from typing import ClassVar

from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Matmul(Layer):
    """The product of the last two axes; those before them broadcast. A vector is a row on the
    left, a column on the right.

    Shapes: [*, A, B], [*, B, C] -> [*, A, C]; [B], [*, B, C] -> [*, C]; [*, A, B], [B] -> [*, A].
    """

    family: ClassVar[str] = "linear"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    example: ClassVar[str] = "(a, b) -> matmul"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, A, B], f32[N, B, C]",
        "f32[N, H, A, B], f32[B, C]",
        "f32[A, B], f32[B]",
        "f32[B], f32[N, B, C]",
    )

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        x, y = inputs
        check.floating(x)
        check.same_dtype(x, y)
        check.rank(x, 1, -1)
        check.rank(y, 1, -1)
        check.equal(
            x.shape[-1], y.shape[-2 if y.rank > 1 else -1], "the sizes that are summed over"
        )
        batch = check.broadcast(x.shape[:-2], y.shape[:-2])
        rows = x.shape[-2:-1]
        columns = y.shape[-1:] if y.rank > 1 else ()
        return x.with_shape(*batch, *rows, *columns)

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * (2 * inputs[0].shape[-1])

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.matmul({0}, {1})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("MatMul", *inputs)
