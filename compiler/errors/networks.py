"""E421 to E429: which network of a file is meant, and with which values."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import join


@dataclass(frozen=True, slots=True)
class UnknownNetwork(Diagnostic):
    code = "E421"
    title = "no such network"
    explanation = (
        "The file has no network of this name. Blocks and cells are parts of networks and cannot "
        "be compiled alone: a `network` declares the types of its inputs."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the file has no network `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(Span(self.span.source, self.span.start, self.span.start))

    def help(self) -> Iterator[str]:
        near = closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        if self.known:
            yield f"it has {join(self.known)}"


@dataclass(frozen=True, slots=True)
class WhichNetwork(Diagnostic):
    code = "E422"
    title = "which network?"
    explanation = (
        "The file has no network, or several of them, and the command needs one. "
        "Name it with `-n NAME`, or as `network=` in Python."
    )
    span: Span
    known: tuple[str, ...]

    def message(self) -> str:
        if not self.known:
            return "the file has no network"
        return f"the file has {len(self.known)} networks: {join(self.known)}"

    def labels(self) -> Iterator[Label]:
        yield Label(Span(self.span.source, self.span.start, self.span.start))

    def help(self) -> Iterator[str]:
        if self.known:
            yield f"name one: `-n {self.known[0]}`"
        else:
            yield "declare one: `network Net on image: f32[N, 3, 32, 32] -> f32[N, 10] { … }`"


@dataclass(frozen=True, slots=True)
class BadValue(Diagnostic):
    code = "E423"
    title = "a value that cannot be read"
    explanation = (
        "`--set name=value` takes a value as `.arch` writes it: `32`, `0.5`, `true`, `[8, 16]`, "
        '`gelu`, `"text"`. '
        "What was given is none of these."
    )
    span: Span
    name: str
    reason: str

    def message(self) -> str:
        return f"the value of `{self.name}` cannot be read: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class BadAxisSize(Diagnostic):
    code = "E424"
    title = "no size for an axis"
    explanation = (
        "A symbolic axis of a network's input may be given a size, `--set T=128` or `T=128` in "
        "Python: a whole number from 1 on."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"the axis `{self.name}` cannot have {self.found} for its size"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"`{self.name}` is an axis of its input")

    def help(self) -> Iterator[str]:
        yield f"give a whole number from 1 on: `--set {self.name}=16`"
