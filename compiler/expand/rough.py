"""What a layer makes of a type of which some sizes are unknown, whatever its settings are.

Comes in: a kind of layer, the values that each of its settings may have, and a type. Goes out: the
types that may flow out, perhaps more of them; None where that cannot be told. An unknown size is an
axis whose name begins with `?`, which no axis of a program does; how small it may be is known. A
number of a range of many is one too. The shape rules of layers are run as they are, with checks
that let pass what nobody knows (abstract interpretation: Cousot and Cousot 1977).
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import MISSING
from functools import cache, lru_cache
from math import prod
from operator import ge, gt, le, lt
from typing import Any

from ...grammar.diagnostic import Fault
from ...grammar.span import NOWHERE
from .. import errors
from ..checks import Checks
from ..dims import Axis, Dim, axis, lowest, names
from ..errors.base import Site
from ..facts import Facts, Truth
from ..layer import Layer
from ..types import TensorType, product

Types = frozenset[TensorType]
Settings = tuple[tuple[str, tuple[Any, ...]], ...]
MOST_SETTINGS = 256
"""Settings of a layer that are tried for one type, of those that it reads."""

LARGE_TENSOR = 1 << 16
"""Smaller tensors seldom grow too large soon: of these it is not kept how small a size may be."""
LARGE, BITS = 4096, 6
"""Of the least that an unknown size may be so many bits are kept, which tells it to 3 %; of one
that is not large, the first.
"""
NOTHING_HIDDEN: Set[Dim] = frozenset()
OFTEN_WIDER = 1 << 14
"""A weight seldom has more elements than so many for each of an axis of the input."""


class Unsure(Exception):
    """Whether a layer accepts a type, or what it makes of it, is not known."""


# --- unknown sizes ------------------------------------------------------------------------------


ANY_SIZE, ANY_NUMBER = "?", "?#"


def is_unknown(size: Dim) -> bool:
    return isinstance(size, Axis) and any(name.startswith(ANY_SIZE) for name in names(size))


def is_number(size: Dim) -> bool:
    """Whether a size is a number, known or not."""
    return isinstance(size, int) or all(name.startswith(ANY_NUMBER) for name in names(size))


def roughened(
    found: TensorType, sizes: Sequence[Sequence[Dim]], hidden: Set[Dim] = NOTHING_HIDDEN
) -> TensorType:
    """A type of which each size is one of some, or more: unknown where they are several, where one
    is, or is `hidden`. Where the tensor is large an unknown size is no less than the least of them,
    rounded down, so that few unknown sizes are told apart.
    """
    lows = [max(0, min([lowest(size) or 0 for size in each])) for each in sizes]
    large = prod([max(1, low) for low in lows]) >= LARGE_TENSOR
    shape: list[Dim] = []
    for place, (each, low) in enumerate(zip(sizes, lows, strict=True)):
        first = each[0]
        if is_unknown(first) or first in hidden or any(size != first for size in each):
            number = all(map(is_number, each))
            shape.append(unknown_axis(place, _rounded(low) if large else 0, number=number))
        else:
            shape.append(first)
    return found.with_shape(*shape)


def _rounded(low: int) -> int:
    grain = max(0, low.bit_length() - (BITS if low >= LARGE else 1))
    return low >> grain << grain


@cache
def unknown_axis(place: int, low: int = 0, *, number: bool) -> Axis:
    return axis(f"{ANY_NUMBER if number else ANY_SIZE}{place}>={low}", low)


class SomeNumber(Axis):
    """Some number of a range. Compared with others it has one outcome for the whole range, else
    nothing can be told.
    """

    ends: tuple[int, int]

    def __init__(self, name: str, low: int, high: int) -> None:
        super().__init__(axis(f"{ANY_NUMBER}{name}..{high}", low).terms)
        object.__setattr__(self, "ends", (low, high))

    def _compared(self, other: Any, operator: Callable[[int, int], bool]) -> bool:
        first, last = [operator(end, other) for end in self.ends] if type(other) is int else (0, 1)
        if first != last:
            raise Unsure
        return bool(first)

    def __lt__(self, other: Any) -> bool:
        return self._compared(other, lt)

    def __le__(self, other: Any) -> bool:
        return self._compared(other, le)

    def __gt__(self, other: Any) -> bool:
        return self._compared(other, gt)

    def __ge__(self, other: Any) -> bool:
        return self._compared(other, ge)


def _rough(found: TensorType) -> TensorType:
    """A type in which an unknown size is nothing but unknown."""
    if not any(map(is_unknown, found.shape)):
        return found
    return roughened(found, [(size,) for size in found.shape])


def without(found: TensorType, numbers: Set[Dim]) -> TensorType:
    """A type of which the sizes that are among some numbers are unknown."""
    if numbers.isdisjoint(found.shape):
        return found
    return roughened(found, [(size,) for size in found.shape], numbers)


def may_be(found: TensorType, wanted: TensorType) -> bool:
    """Whether something of this type may have that one; either may have unknown sizes."""
    if found.dtype != wanted.dtype or found.rank != wanted.rank:
        return False
    return all(same_size(a, b) for a, b in zip(found.shape, wanted.shape, strict=True))


def same_size(left: Dim, right: Dim) -> bool:
    """Whether two sizes may be proved to be the same. What is some number is no axis by name."""
    for one, other in ((left, right), (right, left)):
        if is_unknown(one):
            if isinstance(other, int) and other < (lowest(one) or 0):
                return False
            return not is_number(one) or is_number(other) or is_unknown(other)
    return Facts().decide("==", left, right) is Truth.PROVED


class _Lenient(Checks):
    """Lets pass what may be so. `certain` is whether the refusal rests on nothing unknown."""

    certain = False

    def equal(self, left: Dim, right: Dim, what: str) -> None:
        if not self._may_be("==", left, right):
            self._ask(super().equal, left, right, what)

    def at_least(self, size: Dim, low: Dim, what: str) -> None:
        if not self._may_be(">=", size, low):
            self._ask(super().at_least, size, low, what)

    def divides(self, divisor: Dim, size: Dim, divisor_name: str, what: str) -> None:
        unknown = is_unknown(divisor) or is_unknown(size)
        if not unknown or self.facts.divides(divisor, size) is Truth.REFUTED:
            self._ask(super().divides, divisor, size, divisor_name, what)

    def _may_be(self, operator: str, left: Dim, right: Dim) -> bool:
        """Whether a comparison with something unknown may hold."""
        unknown = is_unknown(left) or is_unknown(right)
        return unknown and self.facts.decide(operator, left, right) is not Truth.REFUTED

    def _ask(self, check: Callable[..., Any], *question: Any) -> None:
        try:
            check(*question)
        except Fault:
            self.certain = True
            raise

    def known(self, size: Dim, what: str) -> int:
        """What is unknown may be a number."""
        if is_unknown(size):
            return size  # type: ignore[return-value]
        self._ask(super().known, size, what)
        return super().known(size, what)


UNSURE = errors.shapes.NotProved, errors.shapes.SymbolicSize, errors.shapes.NotBroadcastable
"""Refusals of what is not proved, which unknown sizes need not be."""
CERTAIN = (
    errors.shapes.WrongRank,
    errors.shapes.WrongDType,
    errors.shapes.MixedDTypes,
    errors.shapes.AxisOutOfRange,
)
"""Refusals that rest on dtypes and ranks alone."""


# --- one layer ----------------------------------------------------------------------------------


@lru_cache(maxsize=50_000)
def of_layer(kind: type[Layer], settings: Settings, found: TensorType, most: int) -> Types | None:
    """What a layer makes of a type, with each of the settings that it reads on the way. None of its
    weights may have more than `most` elements.
    """
    values, results = dict(settings), set[TensorType]()
    waiting: list[tuple[int, ...]] = [()]
    for _ in range(MOST_SETTINGS):
        if not waiting:
            return frozenset(results)
        picked = _Picked(values, waiting.pop(), kind)
        try:
            results.update(map(_rough, _inferred(kind, picked, found, most)))
        except Fault:
            pass
        except Exception:  # a layer that wants a number, or one from outside
            return None
        waiting += picked.others
    return None


class _Picked:
    """Which value each setting has, in the order in which they are read: the first of them as they
    are given, then the first value of each. `others` begin otherwise.
    """

    def __init__(
        self, values: Mapping[str, tuple[Any, ...]], given: tuple[int, ...], kind: type[Layer]
    ) -> None:
        self._values, self._given, self._kind = values, given, kind
        self._made: dict[str, Any] = {}
        self._places: list[int] = []
        self.others: list[tuple[int, ...]] = []
        self.unknown = False

    def read(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._pick(name)
        return self._made[name]

    def _pick(self, name: str) -> Any:
        options = self._values.get(name)
        if options is None:
            return _default(self._kind, name)  # type: ignore[arg-type]
        made = len(self._places)
        place = self._given[made] if made < len(self._given) else 0
        if made >= len(self._given):
            self.others += [(*self._places, other) for other in range(1, len(options))]
        self._places.append(place)
        self.unknown |= isinstance(options[place], Axis)
        return options[place]


@cache
def _default(kind: type[Layer], name: str) -> Any:
    item = next(item for item in kind.hyperparameters() if item.name == name)
    if item.default is MISSING:
        raise Unsure
    return item.default


@cache
def _picking(kind: Any) -> Any:
    """A layer whose objects ask for each of their hyperparameters."""

    def asking(name: str) -> property:
        return property(lambda self: self.__dict__[_ASK](name))

    made = type(kind.__name__, (kind,), {"name": kind.name, "__doc__": kind.__doc__})
    for item in kind.hyperparameters():
        setattr(made, item.name, asking(item.name))
    return made


_ASK = "_ask"


def _inferred(
    kind: type[Layer], picked: _Picked, found: TensorType, most: int
) -> Sequence[TensorType]:
    """What the layer makes. Raises a Fault where it is sure to refuse the type."""
    layer = object.__new__(_picking(kind))  # type: ignore[arg-type]
    layer.__dict__[_ASK] = picked.read
    check = _Lenient(Facts(), Site(kind.name, NOWHERE))
    check.inputs((found,), *kind.arity)
    try:
        made = layer.infer(check, found)
    except Fault as fault:
        unknown = picked.unknown or any(map(is_unknown, found.shape))
        certain = check.certain or isinstance(fault.diagnostic, CERTAIN)
        if unknown and not certain and (picked.unknown or isinstance(fault.diagnostic, UNSURE)):
            raise Unsure from None
        raise
    if isinstance(made, tuple):
        raise Unsure  # several tensors
    return () if _weighs_too_much(layer, found, most) else (made,)


def _weighs_too_much(layer: Layer, found: TensorType, most: int) -> bool:
    """Whether a weight of a layer is sure to be too large: it is with the least input. It is asked
    only of large ones: most weights are far from it, and the more settings are read, the more there
    are to try.
    """
    least = [(lowest(size) or 0) if is_unknown(size) else size for size in found.shape]
    large = max([lowest(size) or 0 for size in least], default=0) >= most // OFTEN_WIDER
    if not large or 0 in least:  # of an empty input nothing can be told
        return False
    weights = layer.weights(found.with_shape(*least)).values()
    return any((lowest(product(weight.shape)) or 0) > most for weight in weights)
