"""E248 to E255: cells, their states, and `scan`."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from .base import join


@dataclass(frozen=True, slots=True)
class NextOutsideCell(Diagnostic):
    code = "E248"
    title = "`next` outside a cell"
    explanation = (
        "`next h = …` sets the state that a cell declares after `with`, for the following turn. "
        "Blocks and networks have no state: write a `cell` and run it with `scan`."
    )
    span: Span
    state: str

    def message(self) -> str:
        return f"`next {self.state}` stands outside a cell"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "there is no state to set")

    def help(self) -> Iterator[str]:
        yield f"declare `cell Name on x: … with {self.state}: …`, and run it with `scan(Name)`"


@dataclass(frozen=True, slots=True)
class UnknownState(Diagnostic):
    code = "E249"
    title = "the cell has no such state"
    explanation = (
        "`next` sets a state that the cell's signature declares after `with`: "
        "`cell Name(units: int) on x: f32[N, D] with h: f32[N, units]`."
    )
    span: Span
    state: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"the cell has no state `{self.state}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield (
            f"its states are {join(self.known)}"
            if self.known
            else "declare it after `with` in the signature"
        )


@dataclass(frozen=True, slots=True)
class NextTwice(Diagnostic):
    code = "E250"
    title = "a state is set twice"
    explanation = (
        "`next` is unconditional and stands once for each state. After it the name of the state "
        "means the new value; bind intermediate results to other names."
    )
    span: Span
    state: str

    def message(self) -> str:
        return f"the state `{self.state}` is set twice"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "again here")


@dataclass(frozen=True, slots=True)
class StateNeverSet(Diagnostic):
    code = "E251"
    title = "a state is never set"
    explanation = (
        "A state that no `next` sets keeps its first value for ever, which is a constant and "
        "surely a slip. Set it with `next h = …`, or take it out of the signature."
    )
    span: Span
    state: str

    def message(self) -> str:
        return f"no `next` sets the state `{self.state}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "declared here")


@dataclass(frozen=True, slots=True)
class StateChangesShape(Diagnostic):
    code = "E252"
    title = "a state changes its shape"
    explanation = (
        "A state has the same shape and dtype in every turn, so what `next` sets, and what it "
        "starts with, must be provably of the declared type. "
        "A last `dense(units)` before `next` often puts it right."
    )
    span: Span
    declared: Span
    state: str
    before: str
    after: str

    def message(self) -> str:
        return f"the state `{self.state}` is {self.before}, but would become {self.after}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this is {self.after}")
        yield Label(self.declared, f"declared as {self.before}", secondary=True)


@dataclass(frozen=True, slots=True)
class CellOutsideScan(Diagnostic):
    code = "E253"
    title = "a cell outside `scan`"
    explanation = (
        "A cell is one step in time and keeps state, so it runs only under `scan`, along axis 1: "
        "`sequence -> scan(Minimal(128))`."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"the cell `{self.name}` runs only under `scan`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `-> scan({self.span.text.split(chr(10))[0]})`"


@dataclass(frozen=True, slots=True)
class ScanNeedsCell(Diagnostic):
    code = "E254"
    title = "`scan` needs a cell"
    explanation = (
        "`scan(cell)` runs a `cell` over time. A layer or a block has no state and is applied to "
        "a whole sequence at once: `dense` works on the last axis at every position."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"`scan` needs a cell, but is given {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not a cell")

    def help(self) -> Iterator[str]:
        if self.found.startswith("the layer"):
            yield "`lstm`, `gru` and `rnn` are layers that run over time by themselves"
        else:
            yield "write `scan(Cell(…))` with a cell of this file or of `std.recurrent`"


@dataclass(frozen=True, slots=True)
class NoSequence(Diagnostic):
    code = "E255"
    title = "no sequence to scan"
    explanation = (
        "`scan` goes along axis 1, so what flows in has at least a batch axis and a time axis: "
        "[N, T, …]. `unsqueeze(1)` makes a sequence of one step."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"`scan({self.name})` needs a sequence [N, T, …], but receives {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "axis 1 is missing")
