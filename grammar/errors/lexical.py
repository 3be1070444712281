"""Errors in single words and signs: what is no token of the language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..diagnostic import Diagnostic, Label
from ..span import Span


@dataclass(frozen=True, slots=True)
class BadNumber(Diagnostic):
    code: ClassVar[str] = "E106"
    title: ClassVar[str] = "this is not a number"
    explanation: ClassVar[str] = """\
A number has digits on both sides of its point, may have an exponent, and may end in k, M or G for
thousands, millions and billions. Letters cannot follow a number directly, and it must fit a
64-bit float.

Wrong:  dropout(.5)     conv(64, 3x3)     1.
Right:  dropout(0.5)    conv(64, [3, 3])  1.0"""

    span: Span
    too_large: bool = False

    def message(self) -> str:
        if self.too_large:
            return "this number does not fit a 64-bit float"
        return f"`{shorten(self.span.text)}` is not a number"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        text = self.span.text
        sizes = text.split("x")
        if self.too_large:
            yield "a number has at most 300 digits before or after its point"
        elif len(sizes) > 1 and all(size.isdigit() for size in sizes):
            yield f"a size is a list: `[{', '.join(sizes)}]`, or one number if all are equal"
        elif text.startswith("."):
            yield f"write the zero: `0{shorten(text)}`"
        elif text.endswith("."):
            yield f"write the zero: `{shorten(text)}0`, or `{shorten(text[:-1])}` for an integer"
        elif "_" in text:
            yield "digits are written without `_`; `k`, `M` and `G` shorten large numbers: `200k`"
        else:
            yield "numbers look like `3`, `0.5`, `1e-3`, `200k`; a name begins with a letter"


@dataclass(frozen=True, slots=True)
class UnterminatedString(Diagnostic):
    code: ClassVar[str] = "E107"
    title: ClassVar[str] = "this string does not end"
    explanation: ClassVar[str] = """\
A string stands between two double quotes on one line.

Wrong:  text("data.txt)    text('data.txt')
Right:  text("data.txt")"""

    span: Span

    def message(self) -> str:
        return "strings take double quotes" if self._single_quoted() else self.title

    def labels(self) -> Iterator[Label]:
        text = "" if self._single_quoted() else "it begins here"
        yield Label(Span(self.span.source, self.span.start, self.span.start + 1), text)

    def help(self) -> Iterator[str]:
        if self._single_quoted():
            yield f'write `"{shorten(self.span.text.strip(chr(39)))}"`'
        else:
            yield 'close it with `"` on the same line; a line break inside a string is `\\n`'

    def _single_quoted(self) -> bool:
        return self.span.text.startswith("'")


@dataclass(frozen=True, slots=True)
class BadEscape(Diagnostic):
    code: ClassVar[str] = "E108"
    title: ClassVar[str] = "unknown escape in a string"
    explanation: ClassVar[str] = """\
Inside a string a backslash begins an escape: \\" \\\\ \\n \\r \\t and \\u with four hexadecimal
digits. A backslash itself is written twice.

Wrong:  "a\\d"
Right:  "a\\\\d\""""

    span: Span

    def message(self) -> str:
        return f"`{self.span.text}` means nothing in a string"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield r"a backslash itself is written `\\`; the others are `\"` `\n` `\r` `\t` `\u0041`"


@dataclass(frozen=True, slots=True)
class ForeignName(Diagnostic):
    code: ClassVar[str] = "E109"
    title: ClassVar[str] = "names are written in ASCII letters"
    explanation: ClassVar[str] = """\
A name is made of the letters a to z and A to Z, digits and `_`, and does not begin with a digit.
Names end up in files of weights, in ONNX and in Python source, where other letters do not
survive. Comments and strings may hold any text.

Wrong:  größe = 3
Right:  groesse = 3"""

    span: Span

    def message(self) -> str:
        return f"`{shorten(self.span.text)}` holds letters that a name cannot have"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "use a to z, A to Z, digits and `_`; comments and strings may hold any text"


@dataclass(frozen=True, slots=True)
class UnknownCharacter(Diagnostic):
    code: ClassVar[str] = "E110"
    title: ClassVar[str] = "this character has no meaning here"
    explanation: ClassVar[str] = """\
Outside comments and strings a program is made of names, numbers, brackets and the operators of
the language.

Wrong:  x -> conv(64, 3)$
Right:  x -> conv(64, 3)"""

    span: Span

    def message(self) -> str:
        return f"{self._shown()} has no meaning in a program"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        meant = _MEANT.get(self.span.text[0])
        yield f"write {meant}" if meant else "remove it; a comment begins with `#`"

    def _shown(self) -> str:
        text = shorten(self.span.text)
        if text.isprintable():
            return f"`{text}`"
        return " ".join(f"U+{ord(character):04X}" for character in self.span.text[:8])


@dataclass(frozen=True, slots=True)
class WrongOperator(Diagnostic):
    code: ClassVar[str] = "E111"
    title: ClassVar[str] = "this operator belongs to another language"
    explanation: ClassVar[str] = """\
Data flows through `->`. Conditions are joined with `and`, `or` and `not`. A tensor is bound again
with `x = x + y`. A new line or a comma ends a statement.

Wrong:  x => relu     a && b     x += y        a; b
Right:  x -> relu     a and b    x = x + y     a, b"""

    span: Span

    def message(self) -> str:
        return f"`{self.span.text}` is not an operator of this language"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        text = self.span.text
        if text.endswith("=") and text != "=>":
            yield f"bind the name again: `x = x {text[0]} …`"
        else:
            yield f"write {_OPERATORS[text]}"


_OPERATORS = {
    "=>": "`->` to pass data on, or `>=` to compare",
    "|>": "`->`",
    "→": "`->`",
    "&&": "`and`",
    "||": "`or` between conditions, `|` between the options of a choice",
    "≤": "`<=`",
    "≥": "`>=`",
    "≠": "`!=`",
    "×": "`*`",
    ";": "a new line or `,`",
}
_MEANT = {
    "!": "`not` for a condition, `!=` to compare",
    "&": "`and`",
    "^": "`**` for a power",
    "\\": "nothing: a line goes on inside brackets and where the next one begins with an operator",
}


def shorten(text: str, width: int = 40) -> str:
    """The text, or its beginning if it is long."""
    return text if len(text) <= width else text[: width - 1] + "…"
