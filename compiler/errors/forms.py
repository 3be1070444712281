"""E360 to E379: layers that move, cut and repeat elements."""

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
    rest: tuple[Dim, Dim]

    def message(self) -> str:
        return f"{self.site.layer} cannot turn [{self.old}] into [{self.new}]"

    def asks(self) -> str:
        return f"wants [{self.new}]"

    def notes(self) -> Iterator[str]:
        yield f"[{self.old}] has {self.elements} elements"
        if "_" not in self.new.split(", "):
            yield f"[{self.new}] has {self.wanted}"
            return
        left, right = self.rest
        if isinstance(left, int) and isinstance(right, int):
            yield f"`_` would be {left} / {right}, and {left} % {right} = {left % right}"
        else:
            yield f"`_` would be ({left}) / ({right}), which is no whole number"


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
        "A list of sizes for `split` must add up to the size of the axis. A single number makes "
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
