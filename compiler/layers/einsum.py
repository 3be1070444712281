"""Sum of products in Einstein's notation."""

import re
from collections import Counter
from typing import ClassVar

from .. import errors
from ..checks import Checks
from ..dims import Dim
from ..hyperparameter import required
from ..layer import Layer
from ..lowering import Call, OnnxBuilder
from ..types import TensorType, product

_TERM = re.compile(r"[A-Za-z]*")


class Einsum(Layer):
    """Products of elements, added up over every letter that the output lacks: `"nij,njk->nik"` is
    a matrix product.

    Each input has one letter for each axis; equal letters are equal sizes, which nothing
    broadcasts. Without `->` the output has the letters that stand once, in alphabetical order.
    """

    family: ClassVar[str] = "linear"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    example: ClassVar[str] = '(a, b) -> einsum("nij,njk->nik")'
    typical: ClassVar[tuple[str, ...]] = (
        "f32[N, A, B], f32[N, B, C] -> einsum('nij,njk->nik')",
        "f32[N, A, B] -> einsum('nij -> jn')",
        "f32[A, B], f32[B, C] -> einsum('ab,bc')",
        "f32[N, A], f32[N, B], f32[N, A] -> einsum('na, nb, na -> nb')",
        "f32[N, A, A] -> einsum('nii->ni')",
    )

    equation: str = required()

    def infer(self, check: Checks, *inputs: TensorType) -> TensorType:
        check.floating(*inputs)
        check.same_dtype(*inputs)
        terms, result = self._parse(check, len(inputs))
        sizes: dict[str, Dim] = {}
        for x, term in zip(inputs, terms, strict=True):
            check.rank(x, len(term))
            for letter, size in zip(term, x.shape, strict=True):
                check.equal(sizes.setdefault(letter, size), size, f"the sizes of {letter!r}")
        return inputs[0].with_shape(*(sizes[letter] for letter in result))

    def flops(self, inputs: tuple[TensorType, ...], outputs: tuple[TensorType, ...]) -> Dim:
        """For each combination of letters, one for each input: its product and the sum."""
        terms, _ = split(self.equation)
        sizes = {
            letter: size
            for x, term in zip(inputs, terms, strict=True)
            for letter, size in zip(term, x.shape, strict=True)
        }
        return product(sizes.values()) * len(inputs)

    def to_torch(self, *inputs: TensorType) -> Call:
        return Call("torch.einsum({equation}, {*})", {"equation": self._plain()})

    def to_onnx(self, onnx: OnnxBuilder, *inputs: str) -> str:
        return onnx.op("Einsum", *inputs, equation=self._plain())

    def _plain(self) -> str:
        """The equation with its output written out and without spaces."""
        terms, result = split(self.equation)
        return f"{','.join(terms)}->{result}"

    def _parse(self, check: Checks, count: int) -> tuple[list[str], str]:
        def need(holds: bool, reason: str) -> None:
            if not holds:
                check.fail(errors.layers.BadEquation(check.site, self.equation, reason))

        need(self.equation.count("->") <= 1, "`->` stands more than once")
        terms, result = split(self.equation)
        for term in (*terms, result):
            need(_TERM.fullmatch(term) is not None, f"{term!r} holds more than letters")
        need(len(terms) == count, f"it has {len(terms)} terms for {count} inputs")
        for letter, uses in Counter(result).items():
            need(uses == 1, f"the output names {letter!r} twice")
            need(any(letter in term for term in terms), f"no input has the output's {letter!r}")
        return terms, result


def split(equation: str) -> tuple[list[str], str]:
    """The terms of the inputs and of the output."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if arrow:
        return terms, right
    uses = Counter("".join(terms))
    return terms, "".join(sorted(letter for letter, count in uses.items() if count == 1))
