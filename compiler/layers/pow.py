"""Power with a fixed exponent."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Axis
from ..hyperparameter import Number, one_of, required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType
from ._numbers import expect_fit


class Pow(Layer):
    """x to the power of a number, element by element; not a number for a root of a negative x.

    Integers (i32, i64) have whole exponents from 0. Shapes: any -> the same.
    """

    example: ClassVar[str] = "x -> pow(3)"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4] -> pow(2)",
        "i64[N, 4] -> pow(3)",
    )

    exponent: Number = required(one_of(2, 3, 0.5))

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        if not x.dtype.is_float and x.dtype.name not in ("i32", "i64"):
            wanted = "a float dtype, i32 or i64"
            check.fail(errors.shapes.WrongDType(check.site, wanted, str(x.dtype)))
        expect_fit(check, self.exponent, x.dtype)
        if isinstance(self.exponent, Axis):
            check.at_least(self.exponent, 0, "the exponent")
        elif x.dtype.is_int:
            check.setting(self.exponent >= 0, "exponent", self.exponent, "at least 0 for integers")
        return x

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.pow({0}, {exponent})", {"exponent": self.exponent})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        return onnx.op("Pow", x, onnx.number(self.exponent, onnx.type(x).dtype))
