"""E261 to E275: ports, their types, and what really flows."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from ..dims import Dim
from .base import join


@dataclass(frozen=True, slots=True)
class WrongPortCount(Diagnostic):
    code = "E261"
    title = "a block receives another number of values"
    explanation = (
        "A block has as many inputs as its signature has ports, and a stage that receives n "
        "values has n inputs. Several values are passed as a tuple: `(a, b) -> Block`."
    )
    use: Span
    declared: Span
    name: str
    ports: tuple[str, ...]
    found: int

    def message(self) -> str:
        count = len(self.ports)
        return (
            f"`{self.name}` has {count} input{'' if count == 1 else 's'} ({join(self.ports)}), "
            f"but receives {self.found}"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.use, f"receives {self.found}")
        yield Label(self.declared, "declared here", secondary=True)


@dataclass(frozen=True, slots=True)
class PortDType(Diagnostic):
    code = "E262"
    title = "a port is of another dtype"
    explanation = (
        "The signature asks for one dtype and another flows in. Nothing is promoted silently: "
        "convert with `cast`, or leave the dtype out of the block's port to accept any."
    )
    use: Span
    declared: Span
    name: str
    port: str
    wanted: str
    found: str

    def message(self) -> str:
        return f"`{self.port}` of {self.name} is {self.wanted}, but {self.found} flows in"

    def labels(self) -> Iterator[Label]:
        yield Label(self.use, f"{self.found} flows in")
        yield Label(self.declared, f"{self.wanted} is declared", secondary=True)

    def help(self) -> Iterator[str]:
        yield f"convert it before: `-> cast({self.wanted})`"


@dataclass(frozen=True, slots=True)
class PortRank(Diagnostic):
    code = "E263"
    title = "a port has another number of axes"
    explanation = (
        "The signature declares a number of axes and a tensor with another number flows in. "
        "`...` at the front of the declared axes stands for any number of them."
    )
    use: Span
    declared: Span
    name: str
    port: str
    wanted: int
    found: str

    def message(self) -> str:
        return f"`{self.port}` of {self.name} has {self.wanted} axes, but {self.found} flows in"

    def labels(self) -> Iterator[Label]:
        yield Label(self.use, f"{self.found} flows in")
        yield Label(self.declared, f"{self.wanted} axes are declared", secondary=True)


@dataclass(frozen=True, slots=True)
class PortSize(Diagnostic):
    code = "E264"
    title = "a port has another size"
    explanation = (
        "A number, a known name or an expression in a port's type is a check of what flows in. A "
        "name that is not known yet binds the axis; used a second time it must provably be the "
        "same. Different symbolic axes are never assumed equal."
    )
    use: Span
    declared: Span
    name: str
    port: str
    text: str
    wanted: Dim
    size: Dim
    found: str
    refuted: bool

    def message(self) -> str:
        shown = self.text if self.text == str(self.wanted) else f"{self.text} = {self.wanted}"
        if self.refuted:
            return f"an axis of `{self.port}` of {self.name} must be {shown}, but is {self.size}"
        return (
            f"an axis of `{self.port}` of {self.name} must be {shown}; it is not known that "
            f"{self.size} is the same"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.use, f"{self.found} flows in")
        yield Label(self.declared, f"{self.wanted} is declared", secondary=True)

    def help(self) -> Iterator[str]:
        if not self.refuted:
            yield (
                f"if they are always equal, say so where both are known: `require {self.size} == "
                f"{self.wanted}`"
            )


@dataclass(frozen=True, slots=True)
class WrongOutputCount(Diagnostic):
    code = "E265"
    title = "another number of outputs"
    explanation = (
        "The body gives as many values as its signature declares outputs: `(a, b)` gives two. "
        "A network applied inside gives all of its outputs at once."
    )
    result: Span
    declared: Span
    name: str
    wanted: int
    found: int

    def message(self) -> str:
        return (
            f"{self.name} declares {self.wanted} output{'' if self.wanted == 1 else 's'}, but its "
            f"body gives {self.found}"
        )

    def labels(self) -> Iterator[Label]:
        yield Label(self.result, f"gives {self.found}")
        yield Label(self.declared, f"{self.wanted} declared", secondary=True)


@dataclass(frozen=True, slots=True)
class OutputDiffers(Diagnostic):
    code = "E266"
    title = "the output is not what the signature says"
    explanation = (
        "A declared output type is checked, not believed. The body's result has another dtype, "
        "number of axes or size, or cannot be proved to have the one declared."
    )
    result: Span
    declared: Span
    name: str
    wanted: str
    found: str
    fact: str
    refuted: bool

    def message(self) -> str:
        if self.refuted:
            return f"{self.name} gives {self.found}, but its signature says {self.wanted}"
        return f"{self.name} gives {self.found}, which is not provably {self.wanted}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.result, f"this is {self.found}")
        yield Label(self.declared, "declared here", secondary=True)

    def notes(self) -> Iterator[str]:
        if self.fact:
            yield self.fact if self.refuted else f"it is not known that {self.fact}"

    def help(self) -> Iterator[str]:
        if not self.refuted:
            yield (
                f"if it always holds, say so: `require {self.fact}`; or write `_` to have the "
                "size computed"
            )


@dataclass(frozen=True, slots=True)
class BadAxis(Diagnostic):
    code = "E267"
    title = "no size"
    explanation = (
        "The axes of a type are sizes: numbers, named axes, integer hyperparameters, or "
        "arithmetic of these with `+ - * // %`, never negative."
    )
    span: Span
    found: str

    def message(self) -> str:
        return f"an axis needs a size, but this is {self.found}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)


@dataclass(frozen=True, slots=True)
class UnknownDType(Diagnostic):
    code = "E268"
    title = "unknown dtype"
    explanation = (
        "The dtypes are f16, bf16, f32, f64, i8, u8, i32, i64 and bool. "
        "A type is a dtype and axes: `f32[N, 3, 32, 32]`, a scalar `f32[]`."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no dtype `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        aliases = {
            "float32": "f32",
            "float": "f32",
            "float16": "f16",
            "half": "f16",
            "double": "f64",
            "float64": "f64",
        }
        aliases |= {
            "int": "i64",
            "int64": "i64",
            "long": "i64",
            "int32": "i32",
            "bfloat16": "bf16",
            "uint8": "u8",
            "int8": "i8",
        }
        near = (aliases[self.name],) if self.name in aliases else closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        yield f"the dtypes are {join(self.known)}"


@dataclass(frozen=True, slots=True)
class UnknownType(Diagnostic):
    code = "E269"
    title = "unknown type of a hyperparameter"
    explanation = (
        "A hyperparameter is int, float, bool, str, dtype, list or stage, or borrows its type "
        "from a layer: `kernel: conv.kernel = 3` takes conv's own type, symbols and domain."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"a hyperparameter cannot be of type `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.known:
            yield f"possible are {join(self.known)}"


@dataclass(frozen=True, slots=True)
class TypeWanted(Diagnostic):
    code = "E270"
    title = "a network's input needs a type"
    explanation = (
        "A block's ports may be left without types; a network's may not, since nothing else says "
        "what flows in: `network Net on image: f32[N, 3, 32, 32] -> f32[N, 10] { … }`."
    )
    span: Span
    port: str

    def message(self) -> str:
        return f"the network's input `{self.port}` needs a type"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "write its dtype and axes")

    def help(self) -> Iterator[str]:
        yield (
            f"for images, `{self.port}: f32[N, 3, 32, 32]`; for rows of numbers, `{self.port}: "
            "f32[N, 10]`"
        )


@dataclass(frozen=True, slots=True)
class OpenAxis(Diagnostic):
    code = "E271"
    title = "a network's input axis needs a name or a size"
    explanation = (
        "`_` and `...` are inferred from what flows in, and into a network nothing flows until it"
        " runs. Give the axis a number, or a name, which keeps it free."
    )
    span: Span
    text: str

    def message(self) -> str:
        return f"`{self.text}` cannot stand in a network's input"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "a name or a number is wanted")
