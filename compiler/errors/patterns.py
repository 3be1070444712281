"""E362 to E366: patterns in the notation of einops."""

from collections.abc import Iterator
from dataclasses import dataclass

from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class BadPattern(LayerDiagnostic):
    code = "E362"
    title = "a pattern is not well formed"
    explanation = (
        'A pattern names the axes before and after: `"n (h d) t -> n h t d"`. An axis is a name or '
        "1; parentheses hold the factors of one axis; `...` is any number of axes, at most once on "
        "a side. Every name stands once on a side."
    )
    pattern: str
    position: int
    reason: str

    def message(self) -> str:
        return f'{self.site.layer} cannot read "{self.pattern}": {self.reason}'

    def asks(self) -> str:
        return self.reason

    def notes(self) -> Iterator[str]:
        yield self.pattern
        yield " " * self.position + "^"


@dataclass(frozen=True, slots=True)
class UnknownPatternAxis(LayerDiagnostic):
    code = "E363"
    title = "a size is given for an axis that the pattern does not name"
    explanation = (
        'Every size given by name belongs to an axis of the pattern: `rearrange("n (h d) -> n h '
        'd", h=8)`. Check the spelling of the name.'
    )
    axis: str
    pattern: str
    known: tuple[str, ...]

    def message(self) -> str:
        return (
            f'{self.site.layer} has a size for {self.axis}, but "{self.pattern}" has no such axis'
        )

    def asks(self) -> str:
        return f"no axis is called {self.axis}"

    def help(self) -> Iterator[str]:
        yield f"the pattern's axes are {', '.join(self.known)}" if self.known else "leave it out"


@dataclass(frozen=True, slots=True)
class AxisOnOneSide(LayerDiagnostic):
    code = "E364"
    title = "an axis stands on one side of a pattern only"
    explanation = (
        "`rearrange` keeps every axis, so both sides name the same ones. `reduce` may drop axes on "
        "the right, over which it reduces; `broadcast` may name new ones there and needs their "
        "sizes."
    )
    axis: str
    pattern: str
    side: str

    def message(self) -> str:
        return f'in "{self.pattern}" the axis {self.axis} stands only on the {self.side}'

    def asks(self) -> str:
        return f"{self.axis} stands only on the {self.side}"

    def help(self) -> Iterator[str]:
        if self.side == "left" and self.site.layer != "reduce":
            yield 'to reduce over it, use `reduce(pattern, "mean")`'
        if self.side == "right" and self.site.layer != "broadcast":
            yield f"to repeat along it, use `broadcast(pattern, {self.axis}=…)`"


@dataclass(frozen=True, slots=True)
class PatternRank(LayerDiagnostic):
    code = "E365"
    title = "a pattern has another number of axes than the tensor"
    explanation = (
        "The left side of a pattern names every axis of the tensor, the batch axis included. "
        "parentheses count as one axis, and `...` stands for any number of them."
    )
    pattern: str
    wanted: int
    found: int

    def message(self) -> str:
        return (
            f'the left side of "{self.pattern}" has {self.wanted} axes, the tensor has {self.found}'
        )

    def asks(self) -> str:
        return f"names {self.wanted} axes"


@dataclass(frozen=True, slots=True)
class SizeMissing(LayerDiagnostic):
    code = "E366"
    title = "the size of a pattern's axis is not known"
    explanation = (
        "Of the factors in one pair of parentheses, one may be inferred; the sizes of the others, "
        'and of every new axis, are given by name: `rearrange("n (h d) -> n h d", h=8)`.'
    )
    axes: tuple[str, ...]
    pattern: str

    def message(self) -> str:
        names = " and ".join(self.axes)
        return f'"{self.pattern}" does not tell the size of {names}'

    def asks(self) -> str:
        return f"needs the size of {self.axes[-1]}"

    def help(self) -> Iterator[str]:
        yield f"give it by name, as in `{self.axes[0]}=8`"
