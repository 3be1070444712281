"""E374, E376 and E377: numbers, constants and initialisers."""

from collections.abc import Iterator
from dataclasses import dataclass

from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class BadConstant(LayerDiagnostic):
    code = "E374"
    title = "a list is no tensor"
    explanation = (
        "A constant is a number, a truth value, or lists of them nested to a regular shape: each "
        "list of one level has the same length. Numbers and truth values do not mix."
    )
    reason: str

    def message(self) -> str:
        return f"{self.site.layer} cannot make a tensor of its value: {self.reason}"

    def asks(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class DoesNotFit(LayerDiagnostic):
    code = "E376"
    title = "a number does not fit a dtype"
    explanation = (
        "A number beside a tensor takes its dtype, which must hold it: no fraction in an integer, "
        "no value beyond its range (i8 holds -128 to 127, u8 0 to 255), no number beside a bool."
    )
    number: str
    dtype: str

    def message(self) -> str:
        return f"{self.number} is no {self.dtype}"

    def asks(self) -> str:
        return f"{self.number} beside {self.dtype}"

    def help(self) -> Iterator[str]:
        yield "convert the tensor first, as by `-> cast(f32)`"


@dataclass(frozen=True, slots=True)
class BadInitialiser(LayerDiagnostic):
    code = "E377"
    title = "an initialiser cannot do this"
    explanation = (
        "An initialiser fills a weight: `zeros ones constant(v) normal(std) truncated_normal(std) "
        "uniform(a, b) he(mode) xavier orthogonal identity`. Those that look at rows and columns "
        "(he, xavier, orthogonal, identity) need a weight with at least two axes."
    )
    reason: str

    def message(self) -> str:
        return self.reason

    def asks(self) -> str:
        return self.reason
