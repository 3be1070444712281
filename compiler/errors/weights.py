"""E294 to E299: shared, tied and initialised weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import LayerDiagnostic, join


@dataclass(frozen=True, slots=True)
class SharedShapesDiffer(LayerDiagnostic):
    code = "E294"
    title = "shared weights of two shapes"
    explanation = (
        "A `layer` or `share` uses one set of weights everywhere, so each use needs them in the "
        "same shape. Here the inputs differ in width. `let` makes a recipe instead, with fresh "
        "weights at every use."
    )
    owner: str
    name: str
    first: list[int] | None  # None where the first use makes no such weight
    second: list[int]
    earlier: Span

    def message(self) -> str:
        if self.first is None:
            return f"{self.owner} has no {self.name} at its first use and would need one here"
        return (
            f"{self.owner}.{self.name} is {self.first} at its first use and would be "
            f"{self.second} here"
        )

    def asks(self) -> str:
        return f"needs {self.name} {self.second}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.site.call, self.asks())
        made = f"no {self.name}" if self.first is None else f"{self.name} {self.first}"
        yield Label(self.earlier, f"made {made}", secondary=True)


@dataclass(frozen=True, slots=True)
class TiedShapesDiffer(Diagnostic):
    code = "E295"
    title = "tied weights of two shapes"
    explanation = (
        "`weight=emb.weight` makes two layers use one tensor, which must have the shape that both"
        " need: an embedding [V, D] fits `dense(V)` on a last axis of D."
    )
    span: Span
    owner: str
    wanted: list[int]
    found: list[int]
    source: Span

    def message(self) -> str:
        return f"{self.owner} needs a weight {self.wanted}, but is tied to one of {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this weight is {self.found}")
        yield Label(self.source, "made here", secondary=True)


@dataclass(frozen=True, slots=True)
class TiedToNothing(Diagnostic):
    code = "E296"
    title = "tied to a layer that is never used"
    explanation = (
        "A weight exists once its layer is applied to something, which decides its shape. "
        "The layer named here is declared but nothing flows through it."
    )
    span: Span
    owner: str

    def message(self) -> str:
        return f"nothing flows through `{self.owner}`, so it has no weights"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "which shape would it have?")

    def help(self) -> Iterator[str]:
        yield f"use the layer too, as in `x -> {self.owner}`, or leave `weight=` out"


@dataclass(frozen=True, slots=True)
class UnknownWeight(Diagnostic):
    code = "E297"
    title = "no weight of this name"
    explanation = (
        "`layer.name` names a weight of a layer by its PyTorch name, such as `weight` or `bias`. "
        "`archc layers` lists the weights of each layer."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the layer has no weight `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        near = closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        yield f"its weights are {join(self.known)}" if self.known else "it has no weights at all"


@dataclass(frozen=True, slots=True)
class BadInitialiser(Diagnostic):
    code = "E298"
    title = "no such initialiser"
    explanation = (
        "`init=` takes one of zeros, ones, constant(v), normal(std), truncated_normal(std), "
        "uniform(a, b), he(mode), xavier, orthogonal and identity. Without it a layer is "
        "initialised as PyTorch does."
    )
    span: Span
    reason: str

    def message(self) -> str:
        return self.reason

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        known = {"kaiming": "he", "kaiming_normal": "he", "glorot": "xavier", "zero": "zeros"}
        name = self.span.text.split("(")[0].strip('"')
        if name in known:
            yield f"did you mean `{known[name]}`?"


@dataclass(frozen=True, slots=True)
class SharedIntoCell(Diagnostic):
    code = "E299"
    title = "a shared layer cannot enter a cell"
    explanation = (
        "The body of a cell owns its weights, so that it can run once for each step. A `layer` "
        "made outside belongs to the network around it. Pass the stage without `layer`, as a "
        "recipe, or make the cell itself a `layer`."
    )
    span: Span
    name: str
    made: Span

    def message(self) -> str:
        return f"`{self.name}` belongs to another graph than the cell"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "used here")
        yield Label(self.made, "made here", secondary=True)
