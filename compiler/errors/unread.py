"""W211 to W213: names that nothing reads."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class UnreadTensor(Diagnostic):
    code = "W211"
    title = "a tensor that nothing reads"
    severity = "warning"
    explanation = (
        "A tensor is bound to a name that is read nowhere in the body, so it is computed in vain. "
        "Perhaps a later line was meant to read it, or reads another in its place. Among several "
        "results of a stage, `_` stands for one that is not wanted."
    )
    span: Span
    name: str
    among_others: bool

    def message(self) -> str:
        return f"`{self.name}` is never read"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "bound here")

    def help(self) -> Iterator[str]:
        if self.among_others:
            yield "write `_` in its place"
        else:
            yield "read it, or take the line out"


@dataclass(frozen=True, slots=True)
class UnreadLet(Diagnostic):
    code = "W212"
    title = "a `let` or `layer` that nothing reads"
    severity = "warning"
    explanation = (
        "A value or stage is named and the name is read nowhere in the body. A `layer` that is "
        "never applied has no weights. A `let` at the top of a file may be read by others and is "
        "never warned of."
    )
    span: Span
    name: str
    word: str

    def message(self) -> str:
        return f"`{self.word} {self.name}` is never read"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "named here")

    def help(self) -> Iterator[str]:
        yield "read it, or take the line out"


@dataclass(frozen=True, slots=True)
class UnreadHyperparameter(Diagnostic):
    code = "W213"
    title = "a hyperparameter that nothing reads"
    severity = "warning"
    explanation = (
        "A hyperparameter is declared and read nowhere, so no use can tell its values apart. "
        "Perhaps a number in the body was to be replaced by it."
    )
    span: Span
    name: str

    def message(self) -> str:
        return f"the hyperparameter `{self.name}` is never read"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "declared here")

    def help(self) -> Iterator[str]:
        yield "read it in the body, or leave it out"
