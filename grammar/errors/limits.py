"""Errors of whole files and of size: a file is data from a stranger."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..diagnostic import Diagnostic, Label
from ..span import Span


@dataclass(frozen=True, slots=True)
class NotText(Diagnostic):
    code: ClassVar[str] = "E101"
    title: ClassVar[str] = "this file is not text"
    explanation: ClassVar[str] = """\
A program is a text file in UTF-8. A file that holds bytes which are no UTF-8, or a zero byte, is
something else: a model, an archive, or a text saved in another encoding."""

    span: Span
    reason: str

    def message(self) -> str:
        return f"this file is not UTF-8 text: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "save it as UTF-8, or check that it is the file you meant"


@dataclass(frozen=True, slots=True)
class FileTooLarge(Diagnostic):
    code: ClassVar[str] = "E102"
    title: ClassVar[str] = "this file is too large"
    explanation: ClassVar[str] = """\
A file of at most 32 MB is read. Repetition belongs into `repeat`, `for` and blocks, weights into
a weights file."""

    span: Span
    limit: int

    def message(self) -> str:
        return f"this file has more than {self.limit:,} bytes"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "split it with `use`, or write repetition as `repeat`, `for` and blocks"


@dataclass(frozen=True, slots=True)
class StatementTooLarge(Diagnostic):
    code: ClassVar[str] = "E103"
    title: ClassVar[str] = "this statement is too large"
    explanation: ClassVar[str] = """\
One statement has at most 64,000 characters, comments and nested bodies apart. Give names to its
parts."""

    span: Span
    limit: int

    def message(self) -> str:
        return f"this statement has more than {self.limit:,} characters"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "it begins here")

    def help(self) -> Iterator[str]:
        yield "give names to its parts, or write repetition as `repeat` and `for`"


@dataclass(frozen=True, slots=True)
class NestedTooDeep(Diagnostic):
    code: ClassVar[str] = "E104"
    title: ClassVar[str] = "brackets are nested too deep"
    explanation: ClassVar[str] = """\
Brackets and braces are nested at most 200 deep. Give a name to an inner part: a tensor with `name
= …`, a recipe with `let`, or a block."""

    span: Span
    limit: int

    def message(self) -> str:
        return f"brackets are nested more than {self.limit} deep"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "one too many")

    def help(self) -> Iterator[str]:
        yield "give a name to an inner part, or make it a block"


@dataclass(frozen=True, slots=True)
class ExpressionTooDeep(Diagnostic):
    code: ClassVar[str] = "E105"
    title: ClassVar[str] = "this expression is nested too deep"
    explanation: ClassVar[str] = """\
Operators, calls and indices are nested at most 400 deep, and every `+` of a sum is one level.
Give names to parts of the expression. Pipelines and choices may have any number of members."""

    span: Span
    limit: int

    def message(self) -> str:
        return f"this expression is nested more than {self.limit} deep"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "one operator too many")

    def help(self) -> Iterator[str]:
        yield "give names to its parts; to join many tensors use `fork { … } -> add`"
