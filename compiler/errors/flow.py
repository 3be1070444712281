"""E231 to E259: what flows through arrows, what bodies give, and how cells keep state."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from .base import join


@dataclass(frozen=True, slots=True)
class NotAStage(Diagnostic):
    code = "E231"
    title = "not a stage"
    explanation = (
        "After an arrow stands a stage: a layer, a block, a fragment in braces. A tensor or a "
        "number cannot be applied. A tensor that has a layer's name hides the layer in the rest "
        "of its scope."
    )
    span: Span
    found: str
    hidden: str

    def message(self) -> str:
        if self.hidden:
            return f"`{self.hidden}` is {self.found} here, which hides the layer of that name"
        return f"a stage is wanted here, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "nothing can flow into this")

    def help(self) -> Iterator[str]:
        if self.hidden:
            yield f"give the local `{self.hidden}` another name"
        elif self.found.startswith("a tensor"):
            name = self.span.text.split(chr(10))[0]
            yield f"tensors are joined by a layer: `(x, {name}) -> concat(axis=1)`, `x + {name}`"


@dataclass(frozen=True, slots=True)
class NothingFlows(Diagnostic):
    code = "E232"
    title = "nothing flows into this stage"
    explanation = (
        "A stage stands where a tensor is wanted, so it needs an input: `y = x -> relu`. "
        "To name the stage itself for later use, write `let act = relu`."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"a tensor is wanted, but {self.found} has no input here"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "nothing flows into this")

    def help(self) -> Iterator[str]:
        yield "put what flows in before it: `x -> …`; a stage is named with `let`"


@dataclass(frozen=True, slots=True)
class NotATensor(Diagnostic):
    code = "E233"
    title = "no tensor"
    explanation = (
        "A tensor is wanted, something that flows, but this is a value known when the network is "
        "compiled. `constant(value)` makes a tensor of a number."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"a tensor is wanted, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if "number" in self.found:
            yield "`constant(…)` makes a tensor of it"


@dataclass(frozen=True, slots=True)
class StageAsOperand(Diagnostic):
    code = "E234"
    title = "an operator binds tighter than an arrow"
    explanation = (
        "`x -> relu + x` means `x -> (relu + x)`, because the arrow binds loosest, and a stage "
        "cannot be added to anything. Put the pipeline in parentheses, `(x -> relu) + x`, or "
        "write `x -> residual { relu }`."
    )
    span: Span
    operator: str
    side: Span
    found: str

    def message(self) -> str:
        return f"`{self.operator}` is applied to {self.found}, which is a stage and not its output"

    def labels(self) -> Iterator[Label]:
        yield Label(self.side, "a stage")
        if self.span != self.side:
            yield Label(self.span, "read as one operand of the arrow", secondary=True)

    def help(self) -> Iterator[str]:
        yield (
            f"put the pipeline in parentheses: `(x -> {self.side.text.split(chr(10))[0]}) "
            f"{self.operator} …`"
        )


@dataclass(frozen=True, slots=True)
class LetWanted(Diagnostic):
    code = "E235"
    title = "a number is bound without `let`"
    explanation = (
        "`name = …` names tensors. Numbers, lists, texts and stages are named with `let name = …`, "
        "so that one sees at a glance what flows and what is decided beforehand."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"`{self.name}` is {self.found}, and that is named with `let`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `let {self.span.text.split(chr(10))[0]}`"


@dataclass(frozen=True, slots=True)
class LetOfTensor(Diagnostic):
    code = "E236"
    title = "`let` names no tensors"
    explanation = (
        "`let` names hyperparameters and stages. A tensor is named by `name = …`, without `let`; "
        "at the top of a file no tensors exist."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"`{self.name}` would be {self.found}, which `let` cannot name"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `{self.name} = …` for a tensor"


@dataclass(frozen=True, slots=True)
class WrongValueCount(Diagnostic):
    code = "E237"
    title = "a different number of values"
    explanation = (
        "`(a, b) = …` takes apart exactly as many values as there are names. "
        "A single name may stand for all of them, as in `r = x -> Two` and then `r.logits`."
    )
    span: Span
    wanted: int
    found: int

    def message(self) -> str:
        values = f"{self.found} value{'' if self.found == 1 else 's'}"
        return f"{self.wanted} name{'' if self.wanted == 1 else 's'} for {values}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"gives {self.found} value{'' if self.found == 1 else 's'}")


@dataclass(frozen=True, slots=True)
class NoResult(Diagnostic):
    code = "E238"
    title = "a body without a result"
    explanation = (
        "A body ends with one expression, which is its output: `body + skip -> relu`. "
        "`name = …` binds a tensor and gives nothing; empty braces are the identity."
    )
    span: Span

    def message(self) -> str:
        return "these braces give no result"

    def labels(self) -> Iterator[Label]:
        yield Label(
            Span(self.span.source, max(self.span.start, self.span.end - 1), self.span.end),
            "an expression is wanted before this",
        )

    def help(self) -> Iterator[str]:
        yield "end with the expression that is the output, such as the name of the last tensor"


@dataclass(frozen=True, slots=True)
class AfterResult(Diagnostic):
    code = "E239"
    title = "which is the output?"
    explanation = (
        "A body ends with one expression. A second one, or a statement after it, leaves open "
        "which is the output. Several outputs are a tuple: `(a, b)`. Bind what is not the output "
        "to a name."
    )
    span: Span
    result: Span

    def message(self) -> str:
        return "this stands after the result of the body"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "after the result")
        yield Label(self.result, "this is the result already", secondary=True)

    def help(self) -> Iterator[str]:
        yield "bind the first to a name (`y = …`), or give both as `(a, b)`"


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


@dataclass(frozen=True, slots=True)
class BadLimit(Diagnostic):
    code = "E256"
    title = "a limit that is none"
    explanation = (
        "A body may state `limit recursion = 6`, how many uses of it may be open inside one "
        "another, or `limit nodes = 200`. Other limits do not exist, and the value is a whole "
        "number from 1 on."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"`limit {self.name}` cannot be read"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "`limit recursion = n` or `limit nodes = n`")
