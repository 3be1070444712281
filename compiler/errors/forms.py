"""E360 to E389: layers that rearrange, cut, attend or make tensors from nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..dims import Dim
from .base import LayerDiagnostic


@dataclass(frozen=True, slots=True)
class ReshapeChangesElements(LayerDiagnostic):
    code = "E360"
    title = "a reshape changes the number of elements"
    explanation = (
        "`reshape` arranges the same elements in other axes, so both shapes must hold equally "
        "many. With `_` for one axis, its size is the number of elements divided by all other "
        "sizes, which must leave no remainder. The batch axis counts: `reshape([N, 8, 8])`, not "
        "`[8, 8]`."
    )
    old: str
    new: str
    elements: Dim
    wanted: Dim

    def message(self) -> str:
        return f"{self.site.layer} cannot turn [{self.old}] into [{self.new}]"

    def asks(self) -> str:
        return f"wants [{self.new}]"

    def notes(self) -> Iterator[str]:
        yield f"[{self.old}] has {self.elements} elements"
        if "_" not in self.new.split(", "):
            yield f"[{self.new}] has {self.wanted}"
        elif isinstance(self.elements, int) and isinstance(self.wanted, int) and self.wanted:
            whole, rest = divmod(self.elements, self.wanted)
            yield f"{self.elements} = {whole} * {self.wanted} + {rest}, so `_` is no whole number"
        else:
            yield f"`_` would be ({self.elements}) / ({self.wanted}), which is no whole number"


@dataclass(frozen=True, slots=True)
class SeveralWildcards(LayerDiagnostic):
    code = "E361"
    title = "more than one axis is left to be inferred"
    explanation = (
        "One `_` in a shape follows from the number of elements; two do not. Write the size of all "
        "axes but one. An axis of the input's type, such as N, may be written by its name."
    )
    found: int

    def message(self) -> str:
        return f"{self.site.layer} can infer one axis, but its shape has {self.found} times `_`"

    def asks(self) -> str:
        return "has more than one `_`"


@dataclass(frozen=True, slots=True)
class BadPattern(LayerDiagnostic):
    code = "E362"
    title = "a pattern is not well formed"
    explanation = (
        'A pattern names the axes before and after: `"n (h d) t -> n h t d"`. An axis is a name or '
        "1; parentheses hold the factors of one axis; `...` is any number of axes, at most once on "
        "a side. Every name stands once on a side."
    )
    pattern: str
    position: int
    reason: str

    def message(self) -> str:
        return f'{self.site.layer} cannot read "{self.pattern}": {self.reason}'

    def asks(self) -> str:
        return self.reason

    def notes(self) -> Iterator[str]:
        yield self.pattern
        yield " " * self.position + "^"


@dataclass(frozen=True, slots=True)
class UnknownPatternAxis(LayerDiagnostic):
    code = "E363"
    title = "a size is given for an axis that the pattern does not name"
    explanation = (
        'Every size given by name belongs to an axis of the pattern: `rearrange("n (h d) -> n h '
        'd", h=8)`. Check the spelling of the name.'
    )
    axis: str
    pattern: str
    known: tuple[str, ...]

    def message(self) -> str:
        return (
            f'{self.site.layer} has a size for {self.axis}, but "{self.pattern}" has no such axis'
        )

    def asks(self) -> str:
        return f"no axis is called {self.axis}"

    def help(self) -> Iterator[str]:
        yield f"the pattern's axes are {', '.join(self.known)}" if self.known else "leave it out"


@dataclass(frozen=True, slots=True)
class AxisOnOneSide(LayerDiagnostic):
    code = "E364"
    title = "an axis stands on one side of a pattern only"
    explanation = (
        "`rearrange` keeps every axis, so both sides name the same ones. `reduce` may drop axes on "
        "the right, over which it reduces; `broadcast` may name new ones there and needs their "
        "sizes."
    )
    axis: str
    pattern: str
    side: str

    def message(self) -> str:
        return f'in "{self.pattern}" the axis {self.axis} stands only on the {self.side}'

    def asks(self) -> str:
        return f"{self.axis} stands only on the {self.side}"

    def help(self) -> Iterator[str]:
        if self.side == "left" and self.site.layer != "reduce":
            yield 'to reduce over it, use `reduce(pattern, "mean")`'
        if self.side == "right" and self.site.layer != "broadcast":
            yield f"to repeat along it, use `broadcast(pattern, {self.axis}=…)`"


@dataclass(frozen=True, slots=True)
class PatternRank(LayerDiagnostic):
    code = "E365"
    title = "a pattern has another number of axes than the tensor"
    explanation = (
        "The left side of a pattern names every axis of the tensor, the batch axis included; "
        "parentheses count as one axis, and `...` stands for any number of them."
    )
    pattern: str
    wanted: int
    found: int

    def message(self) -> str:
        return (
            f'the left side of "{self.pattern}" has {self.wanted} axes, the tensor has {self.found}'
        )

    def asks(self) -> str:
        return f"names {self.wanted} axes"


@dataclass(frozen=True, slots=True)
class SizeMissing(LayerDiagnostic):
    code = "E366"
    title = "the size of a pattern's axis is not known"
    explanation = (
        "Of the factors in one pair of parentheses, one may be inferred; the sizes of the others, "
        'and of every new axis, are given by name: `rearrange("n (h d) -> n h d", h=8)`.'
    )
    axes: tuple[str, ...]
    pattern: str

    def message(self) -> str:
        names = " and ".join(self.axes)
        return f'"{self.pattern}" does not tell the size of {names}'

    def asks(self) -> str:
        return f"needs the size of {self.axes[-1]}"

    def help(self) -> Iterator[str]:
        yield f"give it by name, as in `{self.axes[0]}=8`"


@dataclass(frozen=True, slots=True)
class EmptySlice(LayerDiagnostic):
    code = "E367"
    title = "a slice is empty"
    explanation = (
        "`start` must lie below `stop`. Both count from 0, or from the end where they are "
        "negative; `stop` itself is left out of the result. No layer can compute with a tensor "
        "without elements."
    )
    start: Dim
    stop: Dim
    size: Dim

    def message(self) -> str:
        return f"the slice {self.start}:{self.stop} of an axis of {self.size} is empty"

    def asks(self) -> str:
        return f"takes nothing from {self.size}"


@dataclass(frozen=True, slots=True)
class OutsideAxis(LayerDiagnostic):
    code = "E368"
    title = "a position lies outside the axis"
    explanation = (
        "Positions on an axis of size n go from 0 to n - 1, or from -n to -1 counted from the end; "
        "a slice's `stop` may be n. Nothing is cut off silently: leave `stop` out to go to the end."
    )
    what: str
    position: Dim
    size: Dim

    def message(self) -> str:
        return f"the {self.what} {self.position} lies outside an axis of {self.size}"

    def asks(self) -> str:
        return f"{self.what} is {self.position}, the axis has {self.size}"


@dataclass(frozen=True, slots=True)
class PartsDoNotAddUp(LayerDiagnostic):
    code = "E369"
    title = "the sizes of the parts do not add up"
    explanation = (
        "A list of sizes for `split` must add up to the size of the axis; a single number makes "
        "that many equal parts, and must divide it."
    )
    parts: tuple[Dim, ...]
    total: Dim
    size: Dim

    def message(self) -> str:
        return f"parts of {', '.join(map(str, self.parts))} do not make up an axis of {self.size}"

    def asks(self) -> str:
        return f"asks for {self.total} of {self.size}"

    def notes(self) -> Iterator[str]:
        yield f"{' + '.join(map(str, self.parts))} = {self.total}, but the axis has {self.size}"


@dataclass(frozen=True, slots=True)
class NotAPermutation(LayerDiagnostic):
    code = "E370"
    title = "a permutation leaves axes out"
    explanation = (
        "`permute` names every axis of the tensor once, in the new order: `permute([0, 2, 3, 1])` "
        "moves the channels of an image to the end. To swap two axes, use `transpose(a, b)`."
    )
    axes: tuple[int, ...]
    rank: int

    def message(self) -> str:
        return f"permute names {len(self.axes)} axes of a tensor with {self.rank}"

    def asks(self) -> str:
        return f"needs all of 0 to {self.rank - 1}"


@dataclass(frozen=True, slots=True)
class CannotExpand(LayerDiagnostic):
    code = "E371"
    title = "a tensor cannot be expanded to a shape"
    explanation = (
        "`expand` repeats axes of size 1 and may add axes in front; every other axis keeps its "
        "size, which may be written as `_`. To repeat an axis of another size, use `broadcast` or "
        "`concat`."
    )
    old: str
    new: str
    reason: str

    def message(self) -> str:
        return f"expand cannot turn [{self.old}] into [{self.new}]: {self.reason}"

    def asks(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class HeadWidths(LayerDiagnostic):
    code = "E372"
    title = "queries and keys have heads of different widths"
    explanation = (
        "Each query head is compared with a key head by a scalar product, so both have the same "
        "width: the width of q over `heads` must equal the width of k over `kv_heads`."
    )
    query: int
    heads: int
    key: int
    kv_heads: int

    def message(self) -> str:
        return "query heads and key heads have different widths"

    def asks(self) -> str:
        return f"{self.heads} query heads of {self.query // self.heads}"

    def notes(self) -> Iterator[str]:
        yield f"query heads: {self.query} / {self.heads} = {self.query // self.heads}"
        yield f"key heads: {self.key} / {self.kv_heads} = {self.key / self.kv_heads:g}"

    def help(self) -> Iterator[str]:
        yield f"make the keys {self.query // self.heads * self.kv_heads} wide"


@dataclass(frozen=True, slots=True)
class MaskShape(LayerDiagnostic):
    code = "E373"
    title = "an attention mask has the wrong shape"
    explanation = (
        "A mask is [T, S], [N, T, S] or [N, heads, T, S], where T counts queries and S keys; sizes "
        "of 1 are repeated. True, or a float added to the score, says which keys a query may read. "
        "A mask of keys alone, [N, S], becomes [N, 1, S] by `unsqueeze(1)`."
    )
    mask: str
    wanted: str

    def message(self) -> str:
        return f"a mask of [{self.mask}] does not fit scores of [{self.wanted}]"

    def asks(self) -> str:
        return f"has scores [{self.wanted}]"


@dataclass(frozen=True, slots=True)
class BadConstant(LayerDiagnostic):
    code = "E374"
    title = "a list is no tensor"
    explanation = (
        "A constant is a number, a truth value, or lists of them nested to a regular shape: each "
        "list of one level has the same length. Numbers and truth values do not mix."
    )
    reason: str

    def message(self) -> str:
        return f"{self.site.layer} cannot make a tensor of its value: {self.reason}"

    def asks(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class PadAxes(LayerDiagnostic):
    code = "E375"
    title = "this kind of padding does not reach these axes"
    explanation = (
        "Padding by reflection, repetition or around the circle works on the last axis of a tensor "
        "with 2 or 3 axes, the last two of 3 or 4, the last three of 4 or 5. Zeros and other "
        "constants can be added to any axis."
    )
    mode: str
    axis: int
    rank: int

    def message(self) -> str:
        return f"{self.mode} padding cannot pad axis {self.axis} of a tensor with {self.rank} axes"

    def asks(self) -> str:
        return f"pads axis {self.axis}"


@dataclass(frozen=True, slots=True)
class DoesNotFit(LayerDiagnostic):
    code = "E376"
    title = "a number does not fit a dtype"
    explanation = (
        "A number beside a tensor takes its dtype, which must hold it: no fraction in an integer, "
        "no value beyond its range (i8 holds -128 to 127, u8 0 to 255), no number beside a bool."
    )
    number: str
    dtype: str

    def message(self) -> str:
        return f"{self.number} is no {self.dtype}"

    def asks(self) -> str:
        return f"{self.number} beside {self.dtype}"

    def help(self) -> Iterator[str]:
        yield "convert the tensor first, as by `-> cast(f32)`"


@dataclass(frozen=True, slots=True)
class BadInitialiser(LayerDiagnostic):
    code = "E377"
    title = "an initialiser cannot do this"
    explanation = (
        "An initialiser fills a weight: `zeros ones constant(v) normal(std) truncated_normal(std) "
        "uniform(a, b) he(mode) xavier orthogonal identity`. Those that look at rows and columns "
        "(he, xavier, orthogonal, identity) need a weight with at least two axes."
    )
    reason: str

    def message(self) -> str:
        return self.reason

    def asks(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class ScanInputs(LayerDiagnostic):
    code = "E378"
    title = "a scan receives the wrong values"
    explanation = (
        "`x -> scan(cell)` passes one sequence [N, T, …] for each input of the cell. First states "
        "may follow, all of them or none: `(x, h0) -> scan(cell)`."
    )
    sequences: int
    states: int
    found: int

    def message(self) -> str:
        return f"this cell takes {self._wanted()}, but receives {self.found}"

    def asks(self) -> str:
        return f"takes {self._wanted()}"

    def _wanted(self) -> str:
        values = "1 sequence" if self.sequences == 1 else f"{self.sequences} sequences"
        states = "1 state" if self.states == 1 else f"{self.states} states"
        return f"{values}, or {values} and {states}" if self.states else values
