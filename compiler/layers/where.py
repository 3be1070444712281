"""Choice between two tensors, element by element."""

from typing import ClassVar

from ..checks import Checks
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Where(Layer):
    """Of `(condition, a, b)`: a where the condition holds, b elsewhere. Shapes broadcast as NumPy's
    do.
    """

    arity: ClassVar[tuple[int, int | None]] = (3, 3)
    example: ClassVar[str] = "(mask, a, b) -> where"
    typical: ClassVar[tuple[str, ...]] = (
        "bool[N, 4], f32[N, 4], f32[N, 4]",
        "bool[N, 1], i64[N, T], i64[T]",
    )

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        condition, a, b = inputs
        check.boolean(condition)
        check.same_dtype(a, b)
        return a.with_shape(*check.broadcast(condition.shape, a.shape, b.shape))

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.where({0}, {1}, {2})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        condition, a, b = inputs
        if not onnx.type(a).dtype.is_bool:
            return onnx.op("Where", *inputs)
        # Runtimes have no choice between truth values.
        otherwise = onnx.op("And", onnx.op("Not", condition), b)
        return onnx.op("Or", onnx.op("And", condition, a), otherwise)
