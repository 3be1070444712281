"""E301 to E329: shapes, dtypes and settings that every layer may refuse."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..dims import Dim, names
from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class WrongInputCount(LayerDiagnostic):
    code = "E301"
    title = "wrong number of inputs"
    explanation = (
        "A stage that receives n values has n inputs. A layer with two inputs is fed by a tuple, "
        "`(a, b) -> matmul`; a layer with one input cannot receive a tuple, which has to be "
        "joined first, as by `concat` or `add`."
    )
    wanted: str
    found: int

    def message(self) -> str:
        return f"{self.site.layer} takes {self.wanted}, but receives {self.found}"

    def asks(self) -> str:
        return f"takes {self.wanted}"

    def help(self) -> Iterator[str]:
        if self.found > 1 and self.wanted.startswith("1 "):
            yield "join the values first, as in `-> concat(axis=1)` or `-> add`"
        if self.found == 1 and not self.wanted.startswith(("1 ", "no ")):
            yield f"pass several values as a tuple: `(a, b) -> {self.site.layer}`"


@dataclass(frozen=True, slots=True)
class WrongRank(LayerDiagnostic):
    code = "E302"
    title = "wrong number of axes"
    explanation = (
        "The layer needs a tensor with another number of axes. Images are [N, C, H, W], sequences"
        " [N, T, D], and the batch axis counts. Use `flatten`, `mean(axes=[2, 3])`, `unsqueeze` "
        "or `reshape` to change the number of axes."
    )
    wanted: str
    found: int

    def message(self) -> str:
        return f"{self.site.layer} needs a tensor with {self.wanted}, but this one has {self.found}"

    def asks(self) -> str:
        return f"needs {self.wanted}"

    def help(self) -> Iterator[str]:
        if self.found == 4 and self.site.layer != "conv":
            yield "an image becomes a vector by `flatten` or by `mean(axes=[2, 3])`"


@dataclass(frozen=True, slots=True)
class WrongDType(LayerDiagnostic):
    code = "E303"
    title = "wrong dtype"
    explanation = (
        "The layer computes with numbers of another kind, and nothing is promoted silently. "
        "Convert explicitly with `cast(f32)`, or change the type of the network's input; "
        "`embedding` wants integers, most layers want floats."
    )
    wanted: str
    found: str

    def message(self) -> str:
        return f"{self.site.layer} needs {self.wanted}, but receives {self.found}"

    def asks(self) -> str:
        return f"needs {self.wanted}"

    def help(self) -> Iterator[str]:
        if "float" in self.wanted:
            yield "convert it with `-> cast(f32)`"
        if "integer" in self.wanted:
            yield "convert it with `-> cast(i64)`, or declare the input as `i64[…]`"


@dataclass(frozen=True, slots=True)
class MixedDTypes(LayerDiagnostic):
    code = "E304"
    title = "inputs of different dtypes"
    explanation = (
        "A layer with several inputs needs them in one dtype; nothing is promoted silently. "
        "Convert one of them explicitly with `cast`."
    )
    found: tuple[str, ...]

    def message(self) -> str:
        return (
            f"{self.site.layer} needs inputs of one dtype, but receives {' and '.join(self.found)}"
        )

    def asks(self) -> str:
        return "its inputs differ in dtype"

    def help(self) -> Iterator[str]:
        yield f"convert one of them, as in `-> cast({self.found[0]})`"


@dataclass(frozen=True, slots=True)
class AxisOutOfRange(LayerDiagnostic):
    code = "E305"
    title = "no such axis"
    explanation = (
        "Axes count from 0, the batch axis, and negative ones from the end: a tensor of rank 3 "
        "has the axes 0, 1, 2, which are also -3, -2, -1. The axis asked for lies outside."
    )
    axis: int
    rank: int

    def message(self) -> str:
        return f"{self.site.layer} asks for axis {self.axis} of a tensor with {self.rank} axes"

    def asks(self) -> str:
        return f"asks for axis {self.axis}"

    def help(self) -> Iterator[str]:
        if self.rank:
            yield f"the axes are 0 to {self.rank - 1}, or -{self.rank} to -1 from the end"


@dataclass(frozen=True, slots=True)
class RepeatedAxis(LayerDiagnostic):
    code = "E306"
    title = "an axis is named twice"
    explanation = (
        "A list of axes names each axis once. A negative axis counts from the end, so in a tensor"
        " of rank 4 the axes 3 and -1 are the same one."
    )
    axes: tuple[int, ...]

    def message(self) -> str:
        return f"{self.site.layer} names an axis twice in {list(self.axes)}"


@dataclass(frozen=True, slots=True)
class SizesDiffer(LayerDiagnostic):
    code = "E307"
    title = "sizes differ"
    explanation = (
        "Two axes must have the same size and provably have not. The message shows both sizes; "
        "a stride, a pooling layer or a missing padding before one of them is the usual cause."
    )
    what: str
    left: Dim
    right: Dim

    def message(self) -> str:
        return f"{self.what} must be equal, but one is {self.left} and the other {self.right}"

    def asks(self) -> str:
        return f"{self.left} is not {self.right}"


@dataclass(frozen=True, slots=True)
class NotProved(LayerDiagnostic):
    code = "E308"
    title = "a needed fact about axes is not known"
    explanation = (
        "The layer is right only if a fact about symbolic axes holds, and the program neither "
        "proves nor refutes it. State the fact with `require`: it is then used in every proof, "
        "and checked on the data at run time."
    )
    fact: str
    what: str

    def message(self) -> str:
        return f"{self.what}: it is not known that {self.fact}"

    def asks(self) -> str:
        return f"needs {self.fact}"

    def help(self) -> Iterator[str]:
        yield f"if it always holds, say so in the body: `require {self.fact}`"


@dataclass(frozen=True, slots=True)
class TooSmall(LayerDiagnostic):
    code = "E309"
    title = "a size is too small"
    explanation = (
        "A size must reach a minimum and provably does not: a kernel that does not fit into its "
        "input, an output without a single element. Use a smaller kernel or stride, more padding,"
        " or fewer pooling layers before it."
    )
    what: str
    size: Dim
    low: Dim

    def message(self) -> str:
        return f"{self.what} must be at least {self.low}, but is {self.size}"

    def asks(self) -> str:
        return f"{self.what} is {self.size}"


@dataclass(frozen=True, slots=True)
class DoesNotDivide(LayerDiagnostic):
    code = "E310"
    title = "a size cannot be divided evenly"
    explanation = (
        "A number of parts, groups or heads must divide a size without a remainder. "
        "The help lists the divisors that would do."
    )
    divisor: Dim
    divisor_name: str
    size: Dim
    what: str

    def message(self) -> str:
        return f"{self.divisor} {self.divisor_name} do not divide {self.size} {self.what} evenly"

    def asks(self) -> str:
        return f"asks for {self.divisor} {self.divisor_name}"

    def notes(self) -> Iterator[str]:
        if isinstance(self.size, int) and isinstance(self.divisor, int) and self.divisor:
            yield (
                f"{self.size} = {self.size // self.divisor} * {self.divisor} + "
                f"{self.size % self.divisor}"
            )

    def help(self) -> Iterator[str]:
        if isinstance(self.size, int) and self.size < 100_000:
            divisors = [n for n in range(1, self.size + 1) if self.size % n == 0]
            shown = ", ".join(map(str, divisors[:12])) + (", …" if len(divisors) > 12 else "")
            yield f"use a divisor of {self.size}: {shown}"


@dataclass(frozen=True, slots=True)
class SymbolicSize(LayerDiagnostic):
    code = "E311"
    title = "a size must be a number"
    explanation = (
        "Weights have fixed shapes, so a size that decides one must be a number when the network "
        "is compiled. A symbolic axis, free at run time, cannot stand there."
    )
    what: str
    size: Dim

    def message(self) -> str:
        return f"{self.what} must be known, but is the symbolic {self.size}"

    def asks(self) -> str:
        return f"{self.what} is {self.size}"

    def help(self) -> Iterator[str]:
        axes = " and ".join(sorted(names(self.size)))
        yield f"write a number for {axes} in the network's input type, or reduce these axes before"


@dataclass(frozen=True, slots=True)
class NotBroadcastable(LayerDiagnostic):
    code = "E312"
    title = "shapes cannot be combined"
    explanation = (
        "Element-wise layers combine shapes as NumPy does: aligned at the last axis, two sizes "
        "must be equal or one of them 1. Two different symbolic axes are never assumed equal; "
        "`require` states that they are."
    )
    left: str
    right: str
    sizes: tuple[Dim, Dim]

    def message(self) -> str:
        return f"{self.site.layer} cannot combine [{self.left}] with [{self.right}]"

    def asks(self) -> str:
        return f"{self.sizes[0]} against {self.sizes[1]}"

    def notes(self) -> Iterator[str]:
        yield f"aligned at the last axis, {self.sizes[0]} meets {self.sizes[1]}, and neither is 1"

    def help(self) -> Iterator[str]:
        if any(not isinstance(size, int) for size in self.sizes):
            yield f"if they are always equal, say so: `require {self.sizes[0]} == {self.sizes[1]}`"


@dataclass(frozen=True, slots=True)
class BadSetting(LayerDiagnostic):
    code = "E313"
    title = "a hyperparameter has an impossible value"
    explanation = (
        "The value is of the right kind but outside what the layer can do: a kernel of 0, a "
        "dropout rate of 1.5, an unknown mode. The message names the values that are possible."
    )
    name: str
    value: str
    wanted: str

    def message(self) -> str:
        return f"{self.site.layer} cannot have {self.name} = {self.value}: it must be {self.wanted}"

    def asks(self) -> str:
        return f"{self.name} is {self.value}"


@dataclass(frozen=True, slots=True)
class EvenKernel(LayerDiagnostic):
    code = "E314"
    title = "an even kernel cannot keep the size"
    explanation = (
        "`padding = same` adds (kernel - 1) * dilation / 2 on both sides, which is no whole "
        "number when (kernel - 1) * dilation is odd. Use an odd kernel, or write the padding of "
        "each side."
    )
    kernel: int
    dilation: int

    def message(self) -> str:
        return f"a kernel of {self.kernel} has no padding that is the same on both sides"

    def asks(self) -> str:
        return f"needs ({self.kernel} - 1) * {self.dilation} / 2 on each side"

    def help(self) -> Iterator[str]:
        total = (self.kernel - 1) * self.dilation
        yield (
            f"write `padding=[[{total // 2}, {total - total // 2}], …]`, one pair for each axis, "
            "or use an odd kernel"
        )


@dataclass(frozen=True, slots=True)
class WrongLength(LayerDiagnostic):
    code = "E315"
    title = "a list has the wrong length"
    explanation = (
        "A hyperparameter with one value for each spatial axis needs as many values as the input "
        "has spatial axes: two for images [N, C, H, W], one for sequences. A single number stands"
        " for all of them."
    )
    name: str
    wanted: int
    found: int

    def message(self) -> str:
        return (
            f"{self.site.layer} has {self.found} values for {self.name}, but {self.wanted} "
            "spatial axes"
        )

    def asks(self) -> str:
        return f"{self.name} needs {self.wanted} values"
