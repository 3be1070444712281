"""Mathematical functions of one input, element by element: `exp log sqrt … sign`."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType


class Mathematical(Layer):
    """One input, an output of the same type.

    `function` is its name under torch, `onnx_ops` the chain of operators that make it up. `accepts`
    says which dtypes it takes: `float`, `signed` (floats and signed integers) or `numeric`.
    """

    function: ClassVar[str]
    onnx_ops: ClassVar[tuple[str, ...]]
    accepts: ClassVar[str] = "float"
    cost: ClassVar[int] = 1

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        if self.accepts == "float":
            check.floating(x)
        check.numeric(x)
        if self.accepts == "signed" and x.dtype.name == "u8":
            wanted = "a float dtype or a signed integer"
            check.fail(errors.shapes.WrongDType(check.site, wanted, "u8"))
        return x

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return outputs[0].elements * self.cost

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call(f"torch.{self.function}({{0}})")

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (y,) = inputs
        for op_type in self.onnx_ops:
            y = onnx.op(op_type, y)
        return y
