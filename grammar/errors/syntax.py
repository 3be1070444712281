"""Errors inside one statement."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..diagnostic import Diagnostic, Label
from ..span import Span
from .lexical import shorten


@dataclass(frozen=True, slots=True)
class Unexpected(Diagnostic):
    code: ClassVar[str] = "E120"
    title: ClassVar[str] = "this does not fit here"
    explanation: ClassVar[str] = """\
The statement is understood up to the marked place and cannot go on with what stands there. The
message says what could stand there instead.

Wrong:  conv(64 3)
Right:  conv(64, 3)"""

    span: Span
    found: str
    expected: str
    hint: str | None = None

    def message(self) -> str:
        return f"expected {self.expected}, found {shorten(self.found)}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"expected {self.expected}")

    def help(self) -> Iterator[str]:
        if self.hint is not None:
            yield self.hint


@dataclass(frozen=True, slots=True)
class AssignmentInExpression(Diagnostic):
    code: ClassVar[str] = "E121"
    title: ClassVar[str] = "`=` does not compare"
    explanation: ClassVar[str] = """\
`=` binds a name at the beginning of a statement and gives an argument its name. `==` compares.

Wrong:  if stride = 1 { … }
Right:  if stride == 1 { … }"""

    span: Span

    def message(self) -> str:
        return "`=` binds a name; it does not compare"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "write `==` to compare"


@dataclass(frozen=True, slots=True)
class KeywordAsName(Diagnostic):
    code: ClassVar[str] = "E122"
    title: ClassVar[str] = "a reserved word cannot be a name"
    explanation: ClassVar[str] = """\
These words cannot name anything: let layer next require limit if for in not and or else on with
true false. All others can, also those that begin declarations (`train`, `block`, …).

Wrong:  next = x -> relu
Right:  following = x -> relu"""

    span: Span

    def message(self) -> str:
        return f"`{self.span.text}` is a reserved word and cannot be a name"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"choose another name, such as `{self.span.text}_`"


@dataclass(frozen=True, slots=True)
class PythonHabit(Diagnostic):
    code: ClassVar[str] = "E123"
    title: ClassVar[str] = "this is Python, not .arch"
    explanation: ClassVar[str] = """\
Blocks and networks take the place of classes and functions, and the last expression of a body is
its result.

Wrong:  def part(x): return relu(x)
Right:  block Part on x { x -> relu }"""

    span: Span
    instead: str

    def message(self) -> str:
        return f"`{self.span.text}` is not a word of this language"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield self.instead


@dataclass(frozen=True, slots=True)
class MissingType(Diagnostic):
    code: ClassVar[str] = "E124"
    title: ClassVar[str] = "the type is missing or has no `:`"
    explanation: ClassVar[str] = """\
A hyperparameter is written `name: type` or `name: type = default`; a port is written `name:
f32[N, C]`. The types of hyperparameters are int, float, bool, str, dtype, list, stage, or
borrowed from a layer: `conv.kernel`.

Wrong:  block Part(width = 16) on x f32[N, C] { … }
Right:  block Part(width: int = 16) on x: f32[N, C] { … }"""

    span: Span
    name: str
    example: str

    def message(self) -> str:
        return f"`{self.name}` needs `:` and a type"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `{self.example}`"


@dataclass(frozen=True, slots=True)
class MissingOn(Diagnostic):
    code: ClassVar[str] = "E125"
    title: ClassVar[str] = "`on` is missing before the inputs"
    explanation: ClassVar[str] = """\
Hyperparameters stand in parentheses, inputs after `on`, a cell's states after `with`, outputs
after `->`.

Wrong:  network Net x: f32[N, 4] -> f32[N, 2] { … }
Right:  network Net on x: f32[N, 4] -> f32[N, 2] { … }"""

    span: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "is this an input?")

    def help(self) -> Iterator[str]:
        yield "write `on` before the inputs: `block Part(width: int) on x: f32[N, 4] { … }`"


@dataclass(frozen=True, slots=True)
class BadBeginning(Diagnostic):
    code: ClassVar[str] = "E126"
    title: ClassVar[str] = "a statement cannot begin like this"
    explanation: ClassVar[str] = """\
A line that begins with an operator goes on with the line above, so a statement never begins with
one.

Wrong:  { -x }      { -> relu }
Right:  { (-x) }    { x -> relu }"""

    span: Span

    def message(self) -> str:
        return f"a statement cannot begin with `{self.span.text}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        match self.span.text:
            case "-" | "+":
                yield "put the expression in parentheses: `(-x)`"
            case "->":
                yield "a pipeline begins with its input, `x -> …`, a fragment with its first stage"
            case _:
                yield "something is missing before it"


@dataclass(frozen=True, slots=True)
class ChainedComparison(Diagnostic):
    code: ClassVar[str] = "E127"
    title: ClassVar[str] = "comparisons cannot be chained"
    explanation: ClassVar[str] = """\
One comparison stands between two values; several are joined with `and`.

Wrong:  require 1 < depth < 8
Right:  require 1 < depth and depth < 8"""

    span: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a second comparison")

    def help(self) -> Iterator[str]:
        yield "join them with `and`: `a < b and b < c`"


@dataclass(frozen=True, slots=True)
class MisplacedWeights(Diagnostic):
    code: ClassVar[str] = "E128"
    title: ClassVar[str] = "`@` follows a whole choice"
    explanation: ClassVar[str] = """\
`@ [weights]` stands once, after all options of a choice or after an optional stage, with one
weight for each option.

Wrong:  relu @ [0.3] | gelu @ [0.7]
Right:  relu | gelu @ [0.3, 0.7]"""

    span: Span
    expected: str = "a choice"

    def message(self) -> str:
        return f"`@` needs {self.expected}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "write the weights once, at the end: `(a | b) @ [0.3, 0.7]`, `a? @ [0.9, 0.1]`"


@dataclass(frozen=True, slots=True)
class BadTarget(Diagnostic):
    code: ClassVar[str] = "E129"
    title: ClassVar[str] = "only names can be bound"
    explanation: ClassVar[str] = """\
On the left of `=` stands a name, or several in parentheses; `_` among several stands for a value
that nothing reads.

Wrong:  x[0] = y        (a, 2) = x -> Two
Right:  first = y       (a, b) = x -> Two"""

    span: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "this is not a name")

    def help(self) -> Iterator[str]:
        yield "write `name = …` or `(a, b) = …`; tensors cannot be changed in place"


@dataclass(frozen=True, slots=True)
class PythonConditional(Diagnostic):
    code: ClassVar[str] = "E130"
    title: ClassVar[str] = "`if` stands before its values"
    explanation: ClassVar[str] = """\
A conditional is written with its condition first and braces around both values.

Wrong:  width = 8 if small else 16
Right:  width = if small { 8 } else { 16 }"""

    span: Span

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "write `if condition { a } else { b }`"


@dataclass(frozen=True, slots=True)
class DanglingOperator(Diagnostic):
    code: ClassVar[str] = "E132"
    title: ClassVar[str] = "this line ends too early"
    explanation: ClassVar[str] = """\
A line that ends with an operator or `->` goes on in the next line. If that line is a statement of
its own, something is missing at the end of the first.

Wrong:  y = x ->
        z = y
Right:  y = x -> relu
        z = y"""

    span: Span
    following: Span

    def message(self) -> str:
        return f"nothing follows `{self.span.text}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "this line goes on in the next")
        yield Label(self.following, "which is a statement of its own", secondary=True)

    def help(self) -> Iterator[str]:
        yield f"finish the line, or remove the `{self.span.text}`"


@dataclass(frozen=True, slots=True)
class MisplacedNot(Diagnostic):
    code: ClassVar[str] = "E131"
    title: ClassVar[str] = "`not` needs parentheses here"
    explanation: ClassVar[str] = """\
`not` binds looser than comparisons and arithmetic, tighter than `and` and `or`.

Wrong:  a == not b
Right:  a == (not b)"""

    span: Span
    operator: str

    def message(self) -> str:
        return f"`not` after `{self.operator}` needs parentheses"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield f"write `{self.operator} (not …)`"
