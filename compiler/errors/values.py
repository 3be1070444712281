"""E276 to E289: arithmetic, indices and numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class BadOperands(Diagnostic):
    code = "E276"
    title = "an operator between things it does not fit"
    explanation = (
        "Arithmetic works on numbers and axes, and on tensors element by element; `+` also joins "
        "lists and texts. Values of different kinds can only be asked whether they are equal if "
        "they are of one kind."
    )
    span: Span
    operator: str
    left: str
    right: str

    def message(self) -> str:
        return f"`{self.operator}` does not work between {self.left} and {self.right}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class BadOperand(Diagnostic):
    code = "E277"
    title = "an operator on something it does not fit"
    explanation = (
        "`-` takes a number, an axis or a tensor. "
        "Of a list, a text or a stage there is no negative."
    )
    span: Span
    operator: str
    found: str

    def message(self) -> str:
        return f"`{self.operator}` does not work on {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class NeedsIntegers(Diagnostic):
    code = "E278"
    title = "an integer operator on a real number"
    explanation = (
        "`//` and `%` need integers on both sides, and `//` floors. `/` divides real numbers and "
        "gives one. `1.5M` is an exact integer, `1.5` is not."
    )
    span: Span
    operator: str
    left: str
    right: str

    def message(self) -> str:
        return f"`{self.operator}` needs integers, not {self.left} and {self.right}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.operator == "//":
            yield "`/` divides real numbers"


@dataclass(frozen=True, slots=True)
class DivisionByZero(Diagnostic):
    code = "E279"
    title = "a division by zero"
    explanation = (
        "The divisor is zero, or an axis expression that cannot be shown to differ from zero. "
        "State `require … > 0` for an expression that never is."
    )
    span: Span
    left: str
    right: str = "0"

    def message(self) -> str:
        if self.right in ("0", "0.0"):
            return f"{self.left} is divided by zero"
        return f"{self.left} is divided by {self.right}, which may be zero"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "the divisor is 0" if self.right == "0" else "the divisor may be 0")

    def help(self) -> Iterator[str]:
        if self.right not in ("0", "0.0"):
            yield f"if it never is, say so before: `require {self.right} > 0`"


@dataclass(frozen=True, slots=True)
class NumberTooLarge(Diagnostic):
    code = "E280"
    title = "a number too large"
    explanation = (
        "Integers are exact and of any length up to some thousand digits; floats end at 1e308. "
        "No network needs more, and a power of a power can fill the memory."
    )
    span: Span

    def message(self) -> str:
        return "the result is too large a number"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class ValueTooLong(Diagnostic):
    code = "E288"
    title = "a list or text too long, or too many tensors side by side"
    explanation = (
        "A list, with the lists inside it, has at most 100,000 items and 32 levels, a text 100,000 "
        "characters, and at most 100,000 tensors stand side by side. Doubling one with every line "
        "gets there in seventeen lines."
    )
    span: Span
    reason: str

    def message(self) -> str:
        return f"this would be {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class SymbolicOperand(Diagnostic):
    code = "E281"
    title = "arithmetic that axes do not have"
    explanation = (
        "A symbolic axis is an exact integer that is not known yet: it takes `+ - * // %` with "
        "integers and axes, and comparisons. Real numbers, `/` and `**` would lose the exactness "
        "that proofs need."
    )
    span: Span
    operator: str
    left: str
    right: str

    def message(self) -> str:
        return (
            f"`{self.operator}` does not work between {self.left} and {self.right}, one of which "
            "is a symbolic axis"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.operator == "/":
            yield "`//` divides axes exactly, rounding down"


@dataclass(frozen=True, slots=True)
class NotCompileTime(Diagnostic):
    code = "E282"
    title = "not known when the network is compiled"
    explanation = (
        "Hyperparameters, counts, conditions and indices are decided when the network is "
        "compiled; tensors exist only when it runs. Flow through a network is decided by data "
        "with layers such as `where`."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"a value known beforehand is wanted, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class NoTensorOperator(Diagnostic):
    code = "E283"
    title = "no such operator between tensors"
    explanation = (
        "Between tensors stand `+ - * /`, element by element. Comparisons, powers and remainders "
        "are layers: `(a, b) -> greater`, `x -> pow(2)`, `(a, b) -> matmul`."
    )
    span: Span
    operator: str

    def message(self) -> str:
        return f"`{self.operator}` does not work on tensors"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        layers = {
            ">": "(a, b) -> greater",
            "<": "(a, b) -> less",
            "==": "(a, b) -> equal",
            "**": "x -> pow(2)",
        }
        if self.operator in layers:
            yield f"write `{layers[self.operator]}`"


@dataclass(frozen=True, slots=True)
class RealBesideIntegers(Diagnostic):
    code = "E284"
    title = "a real number beside an integer tensor"
    explanation = (
        "A number beside a tensor takes the tensor's dtype, if that is exact. A real number "
        "beside integers would be rounded or would promote the tensor silently: convert the "
        "tensor with `cast(f32)`."
    )
    span: Span
    number: float
    type: str

    def message(self) -> str:
        return f"{self.number} stands beside {self.type}, which holds integers"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        yield "convert the tensor first: `-> cast(f32)`"


@dataclass(frozen=True, slots=True)
class NotExact(Diagnostic):
    code = "E285"
    title = "a number that the tensor's dtype cannot hold"
    explanation = (
        "A number beside a tensor takes the tensor's dtype, which must hold it exactly: "
        "i8 ends at 127, f16 holds all whole numbers up to 2048, f32 up to 16,777,216, and beyond "
        "them those that end in enough binary zeros."
    )
    span: Span
    number: int
    dtype: str

    def message(self) -> str:
        return f"{self.dtype} cannot hold {self.number} exactly"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class NotIndexable(Diagnostic):
    code = "E286"
    title = "this cannot be indexed"
    explanation = (
        "Brackets pick from tensors, from lists and from several results. "
        "Numbers, texts and stages have no items."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"{self.found} cannot be indexed"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "has no items")


@dataclass(frozen=True, slots=True)
class BadIndex(Diagnostic):
    code = "E287"
    title = "an index outside"
    explanation = (
        "`x[:, -1]`, `x[0]`, `x[..., 2:4]` index as NumPy does, statically: one position or slice"
        " for each axis at most, whole numbers, negative ones from the end."
    )
    span: Span
    reason: str

    def message(self) -> str:
        return f"this index does not fit: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)
