"""The same elements in other axes."""

from typing import Any, ClassVar

from .. import errors
from ..checks import Checks, spell_factor
from ..dims import Dim
from ..facts import Truth
from ..hyperparameter import WILDCARD, Sizes, required
from ..lowering import Call, OnnxBuilder
from ..types import Shape, TensorType, product
from ._form import Form, onnx_reshape, spell_shape, torch_sizes


class Reshape(Form):
    """The same elements, in the same order, in other axes; one `_` is inferred. The batch axis
    counts.

    Shapes: [N, T, D] with shape [N, T, 8, _] -> [N, T, 8, D // 8].
    """

    example: ClassVar[str] = "x -> reshape([N, 64, _])"
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, 4, 6] -> reshape([_, 3, 8])",
        "f32[N, T] -> reshape([_])",
        "f32[N, C, 4] -> reshape([_, 2, 2])",
        "f32[3, 4] -> reshape([2, 6])",
    )

    shape: Sizes = required()

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        holes = [index for index, size in enumerate(self.shape) if size == WILDCARD]
        if len(holes) > 1:
            check.fail(errors.forms.SeveralWildcards(check.site, len(holes)))
        sizes = [size for size in self.shape if size != WILDCARD]
        for size in sizes:
            check.at_least(size, 1, "every size of a shape")
        if not holes:
            self._expect_equal(check, x.shape, sizes)
            return x.with_shape(*sizes)
        sizes.insert(holes[0], self._inferred(check, x.shape, sizes))
        return x.with_shape(*sizes)

    def _expect_equal(self, check: Checks, old: Shape, new: list[Dim]) -> None:
        left, right = _without_common(old, new)
        answer = check.decide("==", left, right)
        if answer is Truth.REFUTED:
            self._refuse(check, old, new)
        if answer is Truth.UNKNOWN:
            what = "a reshape keeps the number of elements"
            check.fail(errors.shapes.NotProved(check.site, f"{left} == {right}", what))

    def _inferred(self, check: Checks, old: Shape, new: list[Dim]) -> Dim:
        left, right = _without_common(old, new)
        answer = check.facts.divides(right, left)
        if answer is Truth.REFUTED:
            self._refuse(check, old, new)
        if answer is Truth.UNKNOWN:
            fact = f"{spell_factor(left)} % {spell_factor(right)} == 0"
            check.fail(errors.shapes.NotProved(check.site, fact, "`_` must be a whole number"))
        return check.facts.normal(left // right)

    def _refuse(self, check: Checks, old: Shape, new: list[Dim]) -> None:
        texts = spell_shape(old), spell_shape(self.shape)
        sizes = product(old), product(new)
        rest = _without_common(old, new)
        check.fail(errors.forms.ReshapeChangesElements(check.site, *texts, *sizes, rest))

    def to_torch(self, *inputs: TensorType) -> Call:
        sizes: tuple[Any, ...] = tuple(-1 if size == WILDCARD else size for size in self.shape)
        return Call("{0}.reshape({shape})", {"shape": sizes if -1 in sizes else torch_sizes(sizes)})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        (x,) = inputs
        if WILDCARD not in self.shape:
            return onnx_reshape(onnx, x, onnx.type(x).shape, self.shape)
        sizes = [-1 if size == WILDCARD else size for size in self.shape]
        return onnx.op("Reshape", x, onnx.shape(sizes))


def _without_common(left: Shape, right: list[Dim]) -> tuple[Dim, Dim]:
    """The two numbers of elements without the axes that stand in both, which are never 0."""
    rest = list(right)
    kept: list[Dim] = []
    for size in left:
        if size in rest:
            rest.remove(size)
        else:
            kept.append(size)
    return product(kept), product(rest)
