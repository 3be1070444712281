"""E240 to E247, E256: `if`, `for`, `fork`, what must keep its shape, and limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class NotACondition(Diagnostic):
    code = "E240"
    title = "not a question"
    explanation = (
        "`if` and `require` need true or false: a comparison, a bool hyperparameter, or these "
        "joined by `and`, `or`, `not`. A number is neither."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"true or false is wanted, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if "number" in self.found:
            yield "compare it, as in `… > 0`"


@dataclass(frozen=True, slots=True)
class ConditionUnknown(Diagnostic):
    code = "E241"
    title = "an `if` that cannot be decided"
    explanation = (
        "`if` is decided when the network is compiled, from hyperparameters and axes. This "
        "question depends on a symbolic axis and is neither proved nor refuted. State the fact "
        "with `require`, or make the axis a number."
    )
    span: Span
    question: str

    def message(self) -> str:
        return f"it is not known whether {self.question}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "neither proved nor refuted")

    def help(self) -> Iterator[str]:
        yield f"if it always holds, say so before: `require {self.question}`"


@dataclass(frozen=True, slots=True)
class IfNeedsElse(Diagnostic):
    code = "E242"
    title = "an `if` that makes a value needs its `else`"
    explanation = (
        "As a stage, an `if` without `else` passes its input on. As a value it would be nothing "
        "when the question is answered with no: add `else { … }`."
    )
    span: Span
    stage: str = ""

    def message(self) -> str:
        if self.stage:
            return f"this `if` should make a value, but its branch gives {self.stage}"
        return "this `if` should make a value, but has no `else`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a stage" if self.stage else "what if the answer is no?")

    def help(self) -> Iterator[str]:
        if self.stage:
            yield "let data flow in: `x -> if … { … }`, or `if … { x -> … } else { … }`"
        else:
            yield "add `else { … }` with the other value, or let data flow in: `x -> if … { … }`"


@dataclass(frozen=True, slots=True)
class NotAList(Diagnostic):
    code = "E243"
    title = "`for` needs a list"
    explanation = (
        "`for v in list { … }` makes the fragment once for each value of a list that is known "
        "when the network is compiled: `[16, 32]`, `range(4)`, `zip(a, b)`."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"`for` needs a list, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if "number" in self.found:
            yield "`range(n)` is the list from 0 to n - 1"


@dataclass(frozen=True, slots=True)
class WrongItemCount(Diagnostic):
    code = "E244"
    title = "an item has another number of parts"
    explanation = (
        "`for (w, s) in [[64, 1], [128, 2]]` takes each item apart: every one must be a list with"
        " as many parts as there are names."
    )
    span: Span
    wanted: int
    found: int
    item: str
    place: int

    def message(self) -> str:
        parts = f"{self.found} part{'' if self.found == 1 else 's'}"
        return f"{self.wanted} names for {self.item}, which has {parts}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this is item {self.place}, counted from 0")


@dataclass(frozen=True, slots=True)
class NoBranches(Diagnostic):
    code = "E245"
    title = "a fork without branches"
    explanation = (
        "`fork { a, b }` gives the same input to every branch and puts the results side by side. "
        "Without a branch there is no result; `identity` is the branch that passes the input on."
    )
    span: Span

    def message(self) -> str:
        return "this fork has no branches"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "nothing comes out")

    def help(self) -> Iterator[str]:
        yield "write its branches: `fork { conv(8, 1), conv(8, 3) }`"


@dataclass(frozen=True, slots=True)
class NotABranch(Diagnostic):
    code = "E246"
    title = "not a branch"
    explanation = (
        "In the braces of `fork` stand its branches, stages and pipelines separated by commas or "
        "newlines. Names are bound outside, or inside the braces of one branch."
    )
    span: Span

    def message(self) -> str:
        return "only branches stand in a fork"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not a stage")


@dataclass(frozen=True, slots=True)
class ShapeNotKept(Diagnostic):
    code = "E247"
    title = "the shape must be kept"
    explanation = (
        "`residual { … }` adds its input to its output and `share(n)` feeds its output to itself,"
        " so both need the very same shape before and after, provably; nothing is broadcast. Pad,"
        " keep the width, or write the skip connection by hand."
    )
    span: Span
    name: str
    before: str
    after: str
    made: Span | None

    def message(self) -> str:
        return f"`{self.name}` must keep the shape, but {self.before} becomes {self.after}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"{self.before} goes in")
        if self.made is not None and self.made != self.span:
            yield Label(self.made, f"{self.after} comes out", secondary=True)


@dataclass(frozen=True, slots=True)
class BadLimit(Diagnostic):
    code = "E256"
    title = "a limit that is none"
    explanation = (
        "A body may state `limit recursion = 6`, how many uses of it may be open inside one "
        "another, or `limit nodes = 200`. Other limits do not exist, and the value is a whole "
        "number from 1 on, written out or made of hyperparameters and of names of the file."
    )
    span: Span
    name: str
    found: str = ""

    def message(self) -> str:
        return f"`limit {self.name}` cannot be read"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, self.found or "`limit recursion = n` or `limit nodes = n`")

    def help(self) -> Iterator[str]:
        if self.found:
            yield "write a whole number from 1 on, or a hyperparameter of the block"
