"""E330 to E359: what single layers refuse for reasons of their own."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
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


@dataclass(frozen=True, slots=True)
class LayerUnusable(Diagnostic):
    code = "E331"
    title = "a layer from outside cannot be used"
    explanation = (
        "A package that is installed beside archc offers a layer of this name, but the layer could "
        "not be had: importing its module failed, what its entry point names is no class of "
        "archc's `Layer`, or two packages offer the same name. The program may be right; the "
        "package needs its author, another version, or what it depends on."
    )
    span: Span
    name: str
    origin: str
    reason: str

    def message(self) -> str:
        return f"the layer `{self.name}` of {self.origin} cannot be used: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "wanted here")

    def help(self) -> Iterator[str]:
        yield "install another version of the package, or report this to its author"


@dataclass(frozen=True, slots=True)
class LayerFailed(LayerDiagnostic):
    code = "E332"
    title = "a layer from outside fails"
    explanation = (
        "The code of a layer that another package brings raised an error that is none of archc's "
        "refusals while its shapes or weights were asked for. This is a mistake in that package. "
        "A layer refuses what it cannot take by what it is given to check with."
    )
    origin: str
    reason: str

    def message(self) -> str:
        return f"the layer `{self.site.layer}` of {self.origin} fails: {self.reason}"

    def asks(self) -> str:
        return "its own code failed here"

    def help(self) -> Iterator[str]:
        yield "report this to the author of the package, with the program"
