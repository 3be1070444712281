"""E201 to E209: names that stand for nothing, for something else, or twice."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span
from ...grammar.suggest import closest
from .base import join


@dataclass(frozen=True, slots=True)
class UnknownName(Diagnostic):
    code = "E201"
    title = "unknown name"
    explanation = (
        "Nothing of this name is bound here, and no layer, combinator or compile-time function is"
        " called so. A name is bound by `name = …` (a tensor), `let` (a hyperparameter or stage),"
        " `layer`, a signature or `use`, before it is used. `archc layers` lists the layers."
    )
    name: str
    span: Span
    known: tuple[str, ...]
    text: bool = False

    def message(self) -> str:
        return f"nothing is called `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "not known here")

    def help(self) -> Iterator[str]:
        if self.text:
            yield f'a text is wanted here, and that stands in quotes: `"{self.name}"`'
            return
        near = closest(self.name, self.known)
        if near:
            yield "did you mean " + " or ".join(f"`{item}`" for item in near) + "?"


@dataclass(frozen=True, slots=True)
class AlreadyBound(Diagnostic):
    code = "E202"
    title = "a name is bound twice"
    explanation = (
        "Within one pair of braces a name is bound once. Only a tensor may be rebound by `x = x "
        "-> relu`, and then to another tensor: later uses see the new one. Hyperparameters, "
        "stages and layers keep their meaning."
    )
    name: str
    span: Span
    earlier: Span

    def message(self) -> str:
        return f"`{self.name}` is bound already"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "bound again here")
        yield Label(self.earlier, "first bound here", secondary=True)

    def help(self) -> Iterator[str]:
        yield "choose another name; only tensors may be rebound"


@dataclass(frozen=True, slots=True)
class Shadowed(Diagnostic):
    code = "E203"
    title = "a name hides one from outside the braces"
    explanation = (
        "Braces open a scope that reads the names around it and may not bind them anew: nobody "
        "should have to ask which of two tensors a name means. Choose another name inside, or let"
        " the braces give a result and bind that outside. A `for`, `repeat` or `if` that is no"
        " stage but stands as a statement, without a result, may bind the tensors around it anew."
    )
    name: str
    span: Span
    outer: Span
    tensor: bool

    def message(self) -> str:
        return f"`{self.name}` would hide the one from outside these braces"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "bound again inside")
        yield Label(self.outer, "bound here, outside", secondary=True)

    def help(self) -> Iterator[str]:
        if self.tensor:
            yield f"give the braces a result and bind it outside: `{self.name} = {self.name} -> …`"
            yield "or let a `for`, `repeat` or `if` stand as a statement, without arrow and result"
        else:
            yield "choose another name inside the braces"


@dataclass(frozen=True, slots=True)
class LabelTwice(Diagnostic):
    code = "E204"
    title = "a label stands twice"
    explanation = (
        "A label names a layer in weights, drawings and errors, so it stands once in a scope. The"
        " two branches of an `if` may share one, since only one of them is taken; repeats, "
        "labelled braces and blocks have scopes of their own."
    )
    label: str
    span: Span
    earlier: Span

    def message(self) -> str:
        return f"the label `{self.label}` stands twice in one scope"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "again here")
        yield Label(self.earlier, "first here", secondary=True)


@dataclass(frozen=True, slots=True)
class DeclaredTwice(Diagnostic):
    code = "E205"
    title = "a file declares a name twice"
    explanation = (
        "A block, network, cell or `use` of one name stands once in a file. Rename one of them, "
        "or import a module under another name with `use std.vision as vision`."
    )
    name: str
    span: Span
    earlier: Span

    def message(self) -> str:
        return f"`{self.name}` is declared twice in this file"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "again here")
        yield Label(self.earlier, "first here", secondary=True)


@dataclass(frozen=True, slots=True)
class NoSuchOutput(Diagnostic):
    code = "E206"
    title = "no output of this name"
    explanation = (
        "`r.name` picks an output that the block's signature names, as in `-> logits: f32[N, 10],"
        " features: f32[N, D]`. Outputs without names are taken apart by position: `(a, b) = x ->"
        " Two`."
    )
    span: Span
    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no output called `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "asked for here")

    def help(self) -> Iterator[str]:
        near = closest(self.name, self.known, 1)
        if near:
            yield f"did you mean `{near[0]}`?"
        if self.known:
            yield f"the outputs are {join(self.known)}"
        else:
            yield "the outputs have no names: take them apart with `(a, b) = …`"


@dataclass(frozen=True, slots=True)
class NoAttribute(Diagnostic):
    code = "E207"
    title = "nothing stands behind the dot"
    explanation = (
        "Three things have members: the results of a block with named outputs (`r.logits`), a "
        "layer made by `layer` (`emb.weight`), and a module (`att.MultiHead`). Tensors and "
        "numbers have none; the size of an axis is named in a port's type."
    )
    span: Span
    name: str
    found: str

    def message(self) -> str:
        return f"{self.found} has no `.{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.name in ("shape", "size"):
            yield (
                "name the axes in the port's type, as in `on x: f32[N, C, H, W]`; then `C` is a "
                "number here"
            )


@dataclass(frozen=True, slots=True)
class NotAValue(Diagnostic):
    code = "E208"
    title = "no value"
    explanation = (
        "Something that belongs in a type or an index stands where a value is wanted: `...` is "
        "any number of leading axes in a port's type and in an index, and nothing elsewhere."
    )
    span: Span

    def message(self) -> str:
        return f"`{self.span.text}` is no value"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "stands only in types and indices")
