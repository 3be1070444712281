"""A fixed tensor."""

from typing import Annotated, Any, ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Anything, Auto, DTypeKind, option, required
from ..layer import Layer
from ..lowering import Module, OnnxBuilder
from ..types import BOOL, F32, I64, DType, TensorType
from ._numbers import expect_fit, numbers_in

_MOST_AXES = 16


class Constant(Layer):
    """A number, a truth value or nested lists of them as a tensor. It has no input.

    The dtype is i64 for integers, f32 with a real number among them, bool for truth values, unless
    `dtype` says another.
    Shapes: -> [] for a number, [2, 3] for two lists of three.
    """

    family: ClassVar[str] = "source"
    arity: ClassVar[tuple[int, int | None]] = (0, 0)
    example: ClassVar[str] = "x * constant([0.3, 0.6, 0.1])"
    typical: ClassVar[tuple[str, ...]] = (
        "-> constant([[1, 2], [3, 4]])",
        "-> constant(0.5)",
        "-> constant([True, False])",
        "-> constant([1, 2.5], dtype=f64)",
    )

    value: Anything = required()
    dtype: Annotated[DType | str, Auto(DTypeKind())] = option(default="auto")

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        values = tuple(numbers_in(self.value))
        for item in values:
            if not isinstance(item, int | float):
                check.fail(errors.sources.BadConstant(check.site, f"{item} is no number"))
        if len({isinstance(item, bool) for item in values}) > 1:
            check.fail(errors.sources.BadConstant(check.site, "it mixes numbers and truth values"))
        shape = self._shape(check)
        dtype = self._dtype()
        if not isinstance(values[0], bool):
            for item in values:
                expect_fit(check, item, dtype)
        return TensorType(dtype, shape)

    def _shape(self, check: Checks) -> tuple[int, ...]:
        shape: list[int] = []
        level: list[Any] = [self.value]
        while any(isinstance(item, tuple) for item in level):
            lengths = {len(item) if isinstance(item, tuple) else None for item in level}
            if len(lengths) > 1:
                reason = "its lists differ in length"
                check.fail(errors.sources.BadConstant(check.site, reason))
            if lengths == {0}:
                check.fail(errors.sources.BadConstant(check.site, "it has an empty list"))
            shape.append(len(level[0]))
            level = [inner for item in level for inner in item]
            too_deep = len(shape) > _MOST_AXES
            check.setting(not too_deep, "value", "this list", f"nested {_MOST_AXES} deep at most")
        return tuple(shape)

    def _dtype(self) -> DType:
        if isinstance(self.dtype, DType):
            return self.dtype
        values = tuple(numbers_in(self.value))
        if isinstance(values[0], bool):
            return BOOL
        return F32 if any(isinstance(item, float) for item in values) else I64

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Module:
        return Module("archc.compiler.support.constant:Constant", (self.value, self._dtype()))

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", onnx.constant(_listed(self.value), self._dtype()))


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
