"""Hyperparameters: what a layer's fields may hold, their defaults and their domains for search.

Comes in: a value from a program. Goes out: the same value in the form the layer wants, or a
`ValueError` whose text completes "… expects". A layer declares its hyperparameters as annotated
fields (`layer.py`); the annotation names the kind.
"""

from collections.abc import Mapping
from dataclasses import MISSING, field
from typing import Annotated, Any, ClassVar, get_args, get_origin

from ..grammar.record import record
from .dims import Axis, Dim
from .types import DType


@record
class Symbol:
    """A bare word that a hyperparameter declares as its own: `same`, `auto`."""

    name: str

    def __str__(self) -> str:
        return self.name


@record
class Initialiser:
    """`he(mode="fan_out")`: an initialiser and its settings, checked by `initialisers.py`."""

    name: str
    settings: Mapping[str, Any]

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.settings.items()))))

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={spell(value)}" for name, value in self.settings.items())
        return f"{self.name}({inner})" if inner else self.name


WILDCARD = Symbol("_")

# --- Domains ------------------------------------------------------------------------------------


@record
class Between:
    """Every value from `low` to `high`, both included; reals if either end is a float."""

    low: int | float
    high: int | float
    step: int | float | None = None
    log: bool = False

    def __str__(self) -> str:
        tail = " log" if self.log else f" step {self.step}" if self.step else ""
        return f"{self.low}..{self.high}{tail}"


@record
class OneOf:
    """One of the values listed, or of the stretches among them."""

    options: tuple[Any, ...]

    def __str__(self) -> str:
        return " | ".join(spell(option) for option in self.options)


Domain = Between | OneOf


def between(low: float, high: float, *, step: float | None = None, log: bool = False) -> Between:
    return Between(low, high, step, log)


def one_of(*options: object) -> OneOf:
    return OneOf(options)


def spell(value: object) -> str:
    """A hyperparameter's value as `.arch` writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case tuple():
            return "[" + ", ".join(map(spell, value)) + "]"
        case None:
            return "none"
        case _:
            return str(value)


# --- Kinds ---------------------------------------------------------------------------------------


class Kind:
    """What a hyperparameter may hold. `words` names it in errors; `symbols` are its own bare
    words.
    """

    words: ClassVar[str]
    symbols: tuple[str, ...] = ()

    def accept(self, value: Any) -> Any:
        """The value in the layer's form. Raises ValueError when it is of another kind."""
        raise NotImplementedError

    def plain(self, value: Any, rank: int) -> Any:
        """The value in the one spelling of all that mean the same, beside a first input of that
        rank.
        """
        return value

    def __str__(self) -> str:
        return self.words


class IntKind(Kind):
    words = "an integer"

    def accept(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ValueError(self.words)


class SizeKind(Kind):
    """An integer, or an axis whose size is not known yet."""

    words = "an integer or an axis"

    def accept(self, value: Any) -> Dim:
        if isinstance(value, (int, Axis)) and not isinstance(value, bool):
            return value
        raise ValueError(self.words)


class FloatKind(Kind):
    words = "a number"

    def accept(self, value: Any) -> float:
        if isinstance(value, float):
            return value  # one drawn from a real range stays known as such
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        raise ValueError(self.words)


class NumberKind(Kind):
    """An int stays an int: it is exact beside integer tensors."""

    words = "a number"

    def accept(self, value: Any) -> Any:
        if isinstance(value, (int, float, Axis)) and not isinstance(value, bool):
            return value
        raise ValueError(self.words)


class BoolKind(Kind):
    words = "true or false"

    def accept(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ValueError(self.words)


class StrKind(Kind):
    words = "a text in quotes"

    def accept(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        raise ValueError(self.words)


class DTypeKind(Kind):
    words = "a dtype such as f32"

    def accept(self, value: Any) -> DType:
        if isinstance(value, DType):
            return value
        raise ValueError(self.words)


class AxisKind(IntKind):
    """One axis, counted from the front or from the end; `extra` more are there in the output."""

    def __init__(self, extra: int = 0) -> None:
        self.extra = extra

    def plain(self, value: int, rank: int) -> int:
        return value % (rank + self.extra)


class SpatialKind(Kind):
    """One integer for every spatial axis, or a list with one for each."""

    words = "an integer, or a list with one for each spatial axis"

    def plain(self, value: Any, rank: int) -> Any:
        return shorten(value)

    def accept(self, value: Any) -> Any:
        if _is_int(value) or (isinstance(value, tuple) and value and all(map(_is_int, value))):
            return value
        raise ValueError(self.words)


class PaddingKind(Kind):
    """`same`, `valid`, an integer, one per axis `[1, 0]`, or `[[before, after], …]` per axis."""

    words = "same, valid, an integer, [a, b, …] or [[before, after], …]"
    symbols = ("same", "valid")

    def accept(self, value: Any) -> Any:
        if isinstance(value, Symbol) and value.name in self.symbols:
            return value.name
        if isinstance(value, str) and value in self.symbols:
            return value
        if _is_int(value) or (isinstance(value, tuple) and value and _is_padding(value)):
            return value
        raise ValueError(self.words)

    def plain(self, value: Any, rank: int) -> Any:
        if value == "valid":
            return 0
        if not isinstance(value, tuple):
            return value
        pairs = tuple(item if isinstance(item, tuple) else (item, item) for item in value)
        if any(before != after for before, after in pairs):
            return pairs
        return shorten(tuple(before for before, _ in pairs))


class AxesKind(Kind):
    """One axis or a list of them, as a tuple; their order tells nothing unless they are
    `ordered`.
    """

    words = "an axis or a list of axes"

    def __init__(self, *, ordered: bool = False) -> None:
        self.ordered = ordered

    def plain(self, value: tuple[int, ...], rank: int) -> tuple[int, ...]:
        found = [axis % rank for axis in value]
        return tuple(found if self.ordered else sorted(found))

    def accept(self, value: Any) -> tuple[int, ...]:
        if _is_int(value):
            return (value,)
        if isinstance(value, tuple) and all(map(_is_int, value)):
            return value
        raise ValueError(self.words)


class ShapeKind(Kind):
    """A list of sizes; axes may stand in it, and `_` for one that follows from the others."""

    words = "a list of sizes"

    def accept(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, tuple) and all(_is_size(item) for item in value):
            return value
        raise ValueError(self.words)


class ListKind(Kind):
    words = "a list"

    def accept(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, tuple):
            return value
        raise ValueError(self.words)


class IntsKind(Kind):
    """One integer or a list of them, as a tuple."""

    words = "an integer or a list of integers"

    def accept(self, value: Any) -> tuple[int, ...]:
        if _is_int(value):
            return (value,)
        if isinstance(value, tuple) and value and all(map(_is_int, value)):
            return value
        raise ValueError(self.words)


class SpatialSizesKind(Kind):
    """One size for every spatial axis, or a list with one for each; axes may stand in it."""

    words = "a size, or a list with one for each spatial axis"

    def plain(self, value: Any, rank: int) -> Any:
        return shorten(value)

    def accept(self, value: Any) -> Any:
        items = value if isinstance(value, tuple) and value else (value,)
        if all(isinstance(item, (int, Axis)) and not isinstance(item, bool) for item in items):
            return value
        raise ValueError(self.words)


class NamedKind(Kind):
    """Sizes by name, as pairs sorted by name: the arguments whose names the layer does not declare.

    `rearrange("n (h d) -> n h d", h=8)` arrives as `axes=(("h", 8),)`. A layer has at most one such
    field.
    """

    words = "sizes by name, such as h=8"

    def accept(self, value: Any) -> tuple[tuple[str, Dim], ...]:
        pairs = tuple(sorted(value.items())) if isinstance(value, Mapping) else value
        if isinstance(pairs, tuple) and all(map(_is_named_size, pairs)):
            return pairs
        raise ValueError(self.words)


class InitKind(Kind):
    """An initialiser; a bare word is one with its defaults. `initialisers.py` knows their
    settings.
    """

    words = "an initialiser such as zeros or normal(std=0.02)"
    symbols = (
        "zeros", "ones", "constant", "normal", "truncated_normal", "uniform", "he", "xavier",
        "orthogonal", "identity",
    )  # fmt: skip

    def accept(self, value: Any) -> Initialiser:
        if isinstance(value, Initialiser):
            return value
        if isinstance(value, Symbol) and value.name in self.symbols:
            return Initialiser(value.name, {})
        raise ValueError(self.words)


class AnyKind(Kind):
    """For a value that the layer itself inspects (`split`'s number or list of sizes)."""

    words = "a value"

    def accept(self, value: Any) -> Any:
        return value


@record
class Auto(Kind):
    """Another kind, or one of a few bare words that the layer gives a meaning."""

    inner: Kind
    symbols: tuple[str, ...] = ("auto",)

    def accept(self, value: Any) -> Any:
        if isinstance(value, Symbol) and value.name in self.symbols:
            return value.name
        if isinstance(value, str) and value in self.symbols:
            return value  # accepted before, as a default is
        return self.inner.accept(value)

    def plain(self, value: Any, rank: int) -> Any:
        return value if isinstance(value, str) else self.inner.plain(value, rank)

    def __str__(self) -> str:
        return f"{self.inner} or {' or '.join(self.symbols)}"


def shorten(value: Any) -> Any:
    """One value where all in a tuple are the same: `3` reads better than `(3, 3)`."""
    if isinstance(value, tuple) and value and all(item == value[0] for item in value):
        return value[0]
    return value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_size(value: object) -> bool:
    return value == WILDCARD or (isinstance(value, (int, Axis)) and not isinstance(value, bool))


def _is_named_size(pair: object) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], (int, Axis))
        and not isinstance(pair[1], bool)
    )


def _is_padding(items: tuple[object, ...]) -> bool:
    return all(map(_is_int, items)) or all(
        isinstance(item, tuple) and len(item) == 2 and all(map(_is_int, item)) for item in items
    )


Spatial = Annotated[int | tuple[int, ...], SpatialKind()]
Padding = Annotated[str | int | tuple[Any, ...], PaddingKind()]
AxisAt = Annotated[int, AxisKind()]
NewAxis = Annotated[int, AxisKind(extra=1)]
Axes = Annotated[tuple[int, ...], AxesKind()]
AxesInOrder = Annotated[tuple[int, ...], AxesKind(ordered=True)]
Sizes = Annotated[tuple[Any, ...], ShapeKind()]
Size = Annotated[Any, SizeKind()]
Number = Annotated[Any, NumberKind()]
Ints = Annotated[tuple[int, ...], IntsKind()]
SpatialSizes = Annotated[Any, SpatialSizesKind()]
Named = Annotated[tuple[tuple[str, Dim], ...], NamedKind()]
Init = Annotated[Initialiser, InitKind()]
AutoSize = Annotated[int | str, Auto(IntKind())]
AutoFloat = Annotated[float | str, Auto(FloatKind())]
Anything = Annotated[Any, AnyKind()]

_PLAIN: dict[object, Kind] = {
    int: IntKind(),
    float: FloatKind(),
    bool: BoolKind(),
    str: StrKind(),
    DType: DTypeKind(),
    tuple: ListKind(),
}


def kind_of(annotation: object) -> Kind:
    """The kind that an annotation names. Raises TypeError for one that names none."""
    kinds = [item for item in get_args(annotation)[1:] if isinstance(item, Kind)]
    if get_origin(annotation) is Annotated and kinds:
        return kinds[0]
    for known, kind in _PLAIN.items():
        if annotation is known:
            return kind
    raise TypeError(f"no hyperparameter can be {annotation}")


@record
class Hyperparameter:
    """One hyperparameter as the language, the command line and the search see it."""

    name: str
    kind: Kind
    default: Any = MISSING
    domain: Domain | None = None

    @property
    def required(self) -> bool:
        return self.default is MISSING


def required(domain: Domain | None = None) -> Any:
    """Declares a hyperparameter that every use must give."""
    return field(metadata={"domain": domain})


def option(*, default: Any, domain: Domain | None = None) -> Any:
    """Declares a hyperparameter with a default."""
    return field(default=default, metadata={"domain": domain})
