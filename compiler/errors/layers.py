"""E330 to E359: what single layers refuse for reasons of their own."""

from collections.abc import Iterator
from dataclasses import dataclass

from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class BadEquation(LayerDiagnostic):
    code = "E330"
    title = "an equation of einsum makes no sense"
    explanation = (
        "An equation names each axis of each input with one letter, with commas between inputs, "
        'then `->` and the letters of the output: `einsum("nij,njk->nik")` is a matrix product '
        "for each n. A letter of the output stands in it once and in at least one input. "
        "There is no `...`: every axis has a letter."
    )
    equation: str
    reason: str

    def message(self) -> str:
        return f'the equation "{self.equation}" makes no sense: {self.reason}'

    def asks(self) -> str:
        return self.reason

    def help(self) -> Iterator[str]:
        yield 'write one letter for each axis, as in `(a, b) -> einsum("nij,njk->nik")`'
