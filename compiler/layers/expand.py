"""Axes of size 1 repeated."""

from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..facts import Truth
from ..hyperparameter import WILDCARD, Sizes, required
from ..lowering import Call, OnnxBuilder
from ..types import Shape, TensorType
from ._form import Form, spell_shape


class Expand(Form):
    """Repeats axes of size 1 and adds axes in front; `_` keeps a size. Nothing is copied in
    PyTorch.

    Shapes: [1, T, D] with shape [N, T, D] -> [N, T, D].
    """

    example: ClassVar[str] = "parameter([1, 8]) -> expand([N, 8])"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 1] -> expand([_, 4])",
        "f32[1, T] -> expand([2, 3, _])",
        "f32[1, 4] -> expand([3, 4])",
    )

    shape: Sizes = required()

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        if len(self.shape) < x.rank:
            self._refuse(check, x, f"{x.rank} axes do not become {len(self.shape)}")
        new = len(self.shape) - x.rank
        if WILDCARD in self.shape[:new]:
            self._refuse(check, x, "a new axis needs a size")
        sizes = [self._size(check, x, index, index - new) for index in range(len(self.shape))]
        return x.with_shape(*sizes)

    def _size(self, check: Checks, x: TensorType, index: int, source: int) -> Dim:
        size: Dim = self.shape[index]
        if source >= 0 and size == WILDCARD:
            return x.shape[source]
        check.at_least(size, 1, "every size of a shape")
        if source < 0 or x.shape[source] == 1:
            return size
        if check.decide("==", x.shape[source], size) is Truth.REFUTED:
            self._refuse(check, x, f"an axis of {x.shape[source]} does not become {size}")
        check.equal(x.shape[source], size, "the old size and the new one")
        return size

    def _refuse(self, check: Checks, x: TensorType, reason: str) -> None:
        texts = spell_shape(x.shape), spell_shape(self.shape)
        check.fail(errors.forms.CannotExpand(check.site, *texts, reason))

    def _sizes(self, old: Shape, keep: int) -> tuple[Dim, ...]:
        """The sizes, with `keep` where an axis stays as it is."""
        new = len(self.shape) - len(old)
        return tuple(
            keep if index >= new and (size == WILDCARD or old[index - new] != 1) else size
            for index, size in enumerate(self.shape)
        )

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("{0}.expand({shape})", {"shape": self._sizes(inputs[0].shape, -1)})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        """ONNX keeps an axis whose wanted size is 1."""
        (x,) = inputs
        return onnx.op("Expand", x, onnx.shape(self._sizes(onnx.type(x).shape, 1)))
