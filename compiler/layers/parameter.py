"""A learned tensor."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .. import errors, initialisers
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import Init, Initialiser, Sizes, option, required
from ..layer import Layer, WeightType
from ..lowering import Module, OnnxBuilder
from ..types import F32, DType, TensorType

MOST_AXES = 16


class Parameter(Layer):
    """A tensor that is learned: positions, a class token, a scale. It has no input.

    Shapes: -> [*shape]. Weights: weight [*shape], filled by `init`; `init=constant([0.5, 1.0])`
    gives the numbers to start from, repeated along axes in front.
    """

    family: ClassVar[str] = "source"
    arity: ClassVar[tuple[int, int | None]] = (0, 0)
    primary_weight: ClassVar[str | None] = "weight"
    example: ClassVar[str] = "x + parameter([1, 64, 8], init=normal(std=0.02))"
    typical: ClassVar[tuple[str, ...]] = (
        "-> parameter([2, 3])",
        "-> parameter([4])",
    )

    shape: Sizes = required()
    init: Init = option(default=Initialiser("normal", {"std": 0.02}))
    dtype: DType = option(default=F32)

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.setting(
            len(self.shape) <= MOST_AXES, "shape", self.shape, f"{MOST_AXES} axes at most"
        )
        for size in self.shape:
            check.setting(str(size) != "_", "shape", "_", "written out: nothing tells a size here")
            check.at_least(size, 1, "every size of a parameter")
        sizes = tuple(check.known(size, "every size of a parameter") for size in self.shape)
        check.setting(self.dtype.is_float, "dtype", self.dtype, "a float dtype")
        try:
            initialisers.check_shape(initialisers.check(self.init), sizes)
        except ValueError as error:
            check.fail(errors.sources.BadInitialiser(check.site, str(error)))
        return TensorType(self.dtype, sizes)

    def weights(self, *inputs: TensorType) -> Mapping[str, WeightType]:
        return {"weight": WeightType(self.shape, self.dtype)}

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        return 0

    def to_torch(self, *inputs: TensorType) -> Module:
        function, settings = initialisers.torch_call(self.init, len(self.shape))
        dtype: dict[str, Any] = {} if self.dtype == F32 else {"dtype": self.dtype}
        target = "archc.compiler.support.parameter:Parameter"
        return Module(target, (self.shape, function), dict(settings) | dtype)

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Identity", onnx.weight("weight"))
