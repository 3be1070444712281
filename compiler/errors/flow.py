"""E231 to E239: what flows through arrows, and what bodies give."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class NotAStage(Diagnostic):
    code = "E231"
    title = "not a stage"
    explanation = (
        "After an arrow stands a stage: a layer, a block, a fragment in braces. A tensor or a "
        "number cannot be applied. A tensor that has a layer's name hides the layer in the rest "
        "of its scope.\n\n"
        "Braces after an arrow are a pipeline without its input: `x -> { conv(8, 3) -> relu }`. "
        "What flows into them has no name there, and what they end with is a stage, not a tensor "
        "that was bound in them. Lines with names stand before the arrow, or in a block."
    )
    span: Span
    found: str
    hidden: str
    ends_braces: bool = False

    def message(self) -> str:
        if self.hidden:
            return f"`{self.hidden}` is {self.found} here, which hides the layer of that name"
        return f"a stage is wanted here, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "nothing can flow into this")

    def help(self) -> Iterator[str]:
        if self.hidden:
            yield f"give the local `{self.hidden}` another name"
        elif self.ends_braces:
            yield "braces after an arrow end with a stage, fed with what flows in: `{ … -> relu }`"
            yield "or bind the names before the arrow, without braces: `y = x -> …`, then `y -> …`"
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
        "`name = …` binds a tensor and gives nothing; empty braces are the identity. Only a `for`, "
        "`repeat` or `if` that stands as a statement, behind no arrow, needs no result."
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
