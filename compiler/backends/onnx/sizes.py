"""Symbolic sizes at run time: a few integer nodes over the shapes of the network's inputs.

Comes in: dims. Goes out: names of i64 values with one element each. Every expression is computed
once and reused; they depend on inputs alone, so they stand before whatever needs them.
"""

from collections.abc import Callable, Mapping
from functools import reduce

from ....grammar.diagnostic import InternalError
from ...dims import Atom, Axis, Dim, Quotient, Symbol, lowest, names
from ...types import TensorType

Emit = Callable[..., str]
"""`emit(op_type, *inputs, doc=…, **attributes)` adds a node and returns its output."""


def axes_of(inputs: Mapping[str, TensorType]) -> dict[str, tuple[str, int]]:
    """For each named axis, an input and the place in its shape where the name stands alone."""
    found: dict[str, tuple[str, int]] = {}
    for name, type_ in inputs.items():
        for place, size in enumerate(type_.shape):
            symbol = _bare(size)
            if symbol is not None:
                found.setdefault(symbol.name, (name, place))
    return found


def _bare(size: Dim) -> Symbol | None:
    if isinstance(size, int) or len(size.terms) != 1:
        return None
    (monomial, factor), *_ = size.terms.items()
    alone = factor == 1 and len(monomial) == 1 and isinstance(monomial[0], Symbol)
    return monomial[0] if alone and isinstance(monomial[0], Symbol) else None


class Sizes:
    """Computes dims in one graph; names that it does not know are its `outer` graph's."""

    def __init__(
        self,
        inputs: Mapping[str, TensorType],
        emit: Emit,
        integer: Callable[[int], str],
        outer: "Sizes | None" = None,
    ) -> None:
        self._axes = axes_of(inputs)
        self._emit = emit
        self._integer = integer
        self._outer = outer
        self._known: dict[Dim, str] = {}

    def value(self, size: Dim) -> str:
        """The name of a one-element vector that holds the size."""
        if isinstance(size, int):
            return self._integer(size)
        if self._outer is not None and self._outer.can(size):
            return self._outer.value(size)
        if size not in self._known:
            self._known[size] = self._compute(size)
        return self._known[size]

    def can(self, size: Dim) -> bool:
        """Whether every name in it is an axis of an input."""
        return all(self._has(symbol) for symbol in names(size))

    def _has(self, name: str) -> bool:
        return name in self._axes or (self._outer is not None and self._outer._has(name))

    def _compute(self, size: Axis) -> str:
        symbol = _bare(size)
        if symbol is not None:
            return self._axis(symbol.name)
        doc = str(size)
        ordered = sorted(size.terms.items(), key=lambda item: item[1] < 0)
        (monomial, factor), *others = ordered
        total = self._term(monomial, factor, doc)
        for monomial, factor in others:
            operator = "Add" if factor > 0 else "Sub"
            total = self._emit(operator, total, self._term(monomial, abs(factor), doc), doc=doc)
        return total

    def _axis(self, name: str) -> str:
        if name not in self._axes:
            raise InternalError(f"the axis {name} stands alone in no input")
        source, place = self._axes[name]
        return self._emit("Shape", source, doc=name, wanted=name, start=place, end=place + 1)

    def _term(self, monomial: tuple[Atom, ...], factor: int, doc: str) -> str:
        parts = [self._atom(atom, doc) for atom in monomial]
        if factor != 1 or not parts:
            parts.append(self._integer(factor))
        return reduce(lambda left, right: self._emit("Mul", left, right, doc=doc), parts)

    def _atom(self, atom: Atom, doc: str) -> str:
        if isinstance(atom, Symbol):
            return self.value(Axis({(atom,): 1}))
        return self._divide(atom, doc)

    def _divide(self, quotient: Quotient, doc: str) -> str:
        """Floors as the language does. ONNX's Div truncates, and its Mod has the divisor's sign."""
        left, right = self.value(quotient.numerator), self.value(quotient.denominator)
        if not (_is_natural(quotient.numerator) and _is_natural(quotient.denominator)):
            remainder = self._emit("Mod", left, right, doc=doc)
            left = self._emit("Sub", left, remainder, doc=doc)
        return self._emit("Div", left, right, doc=doc)


def _is_natural(size: Dim) -> bool:
    low = lowest(size)
    return low is not None and low >= 0
