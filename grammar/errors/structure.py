"""Errors of brackets and of what may stand where."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..diagnostic import Diagnostic, Label
from ..span import Span

_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class UnclosedBracket(Diagnostic):
    code: ClassVar[str] = "E112"
    title: ClassVar[str] = "this bracket is never closed"
    explanation: ClassVar[str] = """\
Every `(`, `[` and `{` has its `)`, `]` and `}`. The error points at the bracket that was opened;
where the closing one was expected is marked as well.

Wrong:  x -> conv(64, 3 -> relu
Right:  x -> conv(64, 3) -> relu"""

    span: Span
    expected: Span | None = None

    def message(self) -> str:
        return f"this `{self.span.text}` is never closed"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "opened here")
        if self.expected is not None:
            closing = _CLOSING[self.span.text]
            yield Label(self.expected, f"`{closing}` is missing before this", secondary=True)

    def help(self) -> Iterator[str]:
        yield f"close it with `{_CLOSING[self.span.text]}`"


@dataclass(frozen=True, slots=True)
class StrayBracket(Diagnostic):
    code: ClassVar[str] = "E113"
    title: ClassVar[str] = "this bracket closes nothing"
    explanation: ClassVar[str] = """\
A closing bracket stands without an opening one, or closes a bracket of another kind.

Wrong:  x -> relu)      [1, 2)
Right:  x -> relu       [1, 2]"""

    span: Span
    opened: Span | None = None

    def message(self) -> str:
        return f"this `{self.span.text}` closes nothing"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)
        if self.opened is not None:
            yield Label(self.opened, f"this `{self.opened.text}` is still open", secondary=True)

    def help(self) -> Iterator[str]:
        if self.opened is not None:
            yield f"a `{self.opened.text}` is closed with `{_CLOSING[self.opened.text]}`"
        else:
            yield "remove it, or add the bracket that it should close"


@dataclass(frozen=True, slots=True)
class NotADeclaration(Diagnostic):
    code: ClassVar[str] = "E114"
    title: ClassVar[str] = "only declarations stand at the top of a file"
    explanation: ClassVar[str] = """\
A file is a list of declarations: `use`, `let`, `block`, `network`, `cell`, `train`, `search`,
`vocabulary`. A pipeline stands in the body of a network, block or cell. A value that several of
them use is named with `let`.

Wrong:  width = 64
Right:  let width = 64"""

    span: Span
    name: str | None = None

    def message(self) -> str:
        if self.name is not None:
            return f"`{self.name}` is bound outside a body without `let`"
        return "a statement cannot stand outside a network, block or cell"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.name is not None:
            yield f"write `let {self.name} = …`, or move it into a body"
        else:
            yield (
                "at the top of a file stand `use`, `let`, `block`, `network`, `cell`, `train`, "
                "`search` and `vocabulary`"
            )


@dataclass(frozen=True, slots=True)
class NestedDeclaration(Diagnostic):
    code: ClassVar[str] = "E115"
    title: ClassVar[str] = "a declaration cannot stand inside another"
    explanation: ClassVar[str] = """\
Blocks, networks, cells, `use`, `train`, `search` and vocabularies stand at the top of a file.
Inside a body a recipe is named with `let`.

Wrong:  network Net on … { block Part on x { x -> relu } … }
Right:  block Part on x { x -> relu }
        network Net on … { … }"""

    span: Span
    word: str

    def message(self) -> str:
        return f"`{self.word}` cannot stand inside a body"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "move it to the top of the file; inside a body name a recipe with `let name = …`"


@dataclass(frozen=True, slots=True)
class BraceOnNewLine(Diagnostic):
    code: ClassVar[str] = "E116"
    title: ClassVar[str] = "`{` stays on the line of its header"
    explanation: ClassVar[str] = """\
A new line ends a statement, so a `{` on a line of its own would begin a new one.

Wrong:  block Part on x
        {
Right:  block Part on x {"""

    span: Span
    header: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "this begins a new statement")
        yield Label(self.header, "the header ends here", secondary=True)

    def help(self) -> Iterator[str]:
        yield "move the `{` to the end of the line above"


@dataclass(frozen=True, slots=True)
class MissingBody(Diagnostic):
    code: ClassVar[str] = "E117"
    title: ClassVar[str] = "the body is missing"
    explanation: ClassVar[str] = """\
The header of a block, network, cell, vocabulary, `train` or `search` is followed by its body in
braces. The same holds for `if`, `else` and `for`.

Wrong:  block Part on x -> relu
Right:  block Part on x { x -> relu }"""

    span: Span
    word: str

    def message(self) -> str:
        return f"`{self.word}` has no body"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "`{` is expected here")

    def help(self) -> Iterator[str]:
        yield "the body stands in braces, on the line where the header ends: `{ … }`"
