"""E290 to E293: `require`."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class RequirementFails(Diagnostic):
    code = "E290"
    title = "a requirement does not hold"
    explanation = (
        "A `require` is refuted: with these hyperparameters and axes it can never hold. "
        "It is reported at the use that breaks it."
    )
    span: Span
    use: Span
    text: str
    values: str

    def message(self) -> str:
        condition = " ".join(self.span.text.split())
        return self.text or f"`{condition}` does not hold"

    def labels(self) -> Iterator[Label]:
        if self.use == self.span:
            yield Label(self.span, "never true here")
        else:
            yield Label(self.use, "broken by this use")
            yield Label(self.span, "required here", secondary=True)

    def notes(self) -> Iterator[str]:
        if self.values:
            yield self.values


@dataclass(frozen=True, slots=True)
class NotExpressible(Diagnostic):
    code = "E291"
    title = "a requirement that cannot be checked at run time"
    explanation = (
        "What the program cannot prove becomes a check of the network's inputs, and for that it "
        "must be one comparison of axes, or several joined by `and`. `or` and `not` of open "
        "questions cannot become facts."
    )
    span: Span
    question: str

    def message(self) -> str:
        return f"it is not known whether {self.question}, and it cannot become a check"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "write separate requirements, each one comparison of axes"


@dataclass(frozen=True, slots=True)
class CostHidden(Diagnostic):
    code = "E292"
    title = "a local name hides a cost"
    explanation = (
        "`require` knows params, flops, activations, layers and longest_path. A local name that "
        "is also one of them makes the requirement ambiguous; give the local one another name."
    )
    span: Span
    name: str
    hidden: Span

    def message(self) -> str:
        return f"`{self.name}` is a local name here and hides the cost"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"which `{self.name}`?")
        yield Label(self.hidden, "bound here", secondary=True)

    def help(self) -> Iterator[str]:
        yield f"give the local `{self.name}` another name"


@dataclass(frozen=True, slots=True)
class CostNeedsSizes(Diagnostic):
    code = "E293"
    title = "a cost depends on a symbolic axis"
    explanation = (
        "FLOPs and activations count one example, so axis 0 is one; every other symbolic axis "
        "needs a size. Write it in the input's type, or give it on the command line with `--set "
        "T=128`."
    )
    span: Span
    name: str
    value: str

    def message(self) -> str:
        return f"`{self.name}` is {self.value} here, which is no number"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "fix the axis: a number in the input's type, or `--set T=128`"
