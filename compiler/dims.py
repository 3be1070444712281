"""Symbolic axes: exact integer expressions over named axes, always in one canonical form.

Comes in: ints and axes. Goes out: a `Dim`: a plain `int` wherever the value is constant, else an
`Axis`. An `Axis` is a polynomial with integer coefficients over atoms; an atom is a named axis or a
floor division that cannot be simplified. `a % b` is `a - b * (a // b)`. Equal polynomials compare
equal, so `==` compares what is written and never guesses; a question about values is put to
`Facts`. `//` and `%` floor as Python's do. A divisor that is no literal is taken to be other than
zero: whoever divides by it proves that first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from math import gcd
from typing import Any

from ..grammar.record import record

# `str(axis)` calls it, and it calls the arithmetic below: one concept in two files.
from . import dims_text

MOST_TERMS = 1_000
MOST_DEGREE = 64
MOST_DEPTH = 64
MOST_BITS = 4_096
_DIVISION_STEPS = 64


class AxisTooLarge(ValueError):
    """An expression over axes outgrew the budget: a file asked for more than any network needs."""


@record
class Symbol:
    """A named axis, never below `low`. A name stands for one axis and goes with one `low`."""

    name: str
    low: int = 1

    def __hash__(self) -> int:  # asked for more often than anything else here
        return hash((self.name, self.low))


@record
class Quotient:
    """`numerator // denominator` with nothing to draw out; an integer denominator is at least 2."""

    numerator: "Dim"
    denominator: "Dim"
    depth: int = field(compare=False, repr=False)

    def __hash__(self) -> int:
        return hash((self.numerator, self.denominator))


Atom = Symbol | Quotient
Monomial = tuple[Atom, ...]
"""A product of atoms in their order; the empty one is 1."""


@record
class Axis:
    """A polynomial that is no constant. Made by `axis` and by arithmetic, never directly."""

    terms: Mapping[Monomial, int]
    code: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", hash(frozenset(self.terms.items())))

    def __hash__(self) -> int:
        return self.code

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Axis) and self.code == other.code and self.terms == other.terms

    def __reduce__(self) -> tuple[Any, ...]:
        # The hash differs between interpreters, so it does not travel.
        return Axis, (dict(self.terms),)

    def __bool__(self) -> bool:
        raise TypeError(f"whether the axis {self} is zero is a question for Facts")

    def __str__(self) -> str:
        return dims_text.text(self)

    def __repr__(self) -> str:
        return f"Axis({self})"

    def __neg__(self) -> "Axis":
        return Axis({monomial: -factor for monomial, factor in self.terms.items()})

    def __add__(self, other: "Dim") -> "Dim":
        return add(self, other) if isinstance(other, int | Axis) else NotImplemented

    def __radd__(self, other: int) -> "Dim":
        return add(self, other) if isinstance(other, int) else NotImplemented

    def __sub__(self, other: "Dim") -> "Dim":
        return add(self, -other) if isinstance(other, int | Axis) else NotImplemented

    def __rsub__(self, other: int) -> "Dim":
        return add(-self, other) if isinstance(other, int) else NotImplemented

    def __mul__(self, other: "Dim") -> "Dim":
        return multiply(self, other) if isinstance(other, int | Axis) else NotImplemented

    def __rmul__(self, other: int) -> "Dim":
        return multiply(self, other) if isinstance(other, int) else NotImplemented

    def __floordiv__(self, other: "Dim") -> "Dim":
        return floor_divide(self, other) if isinstance(other, int | Axis) else NotImplemented

    def __rfloordiv__(self, other: int) -> "Dim":
        return floor_divide(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: "Dim") -> "Dim":
        if not isinstance(other, int | Axis):
            return NotImplemented
        return self - other * floor_divide(self, other)

    def __rmod__(self, other: int) -> "Dim":
        if not isinstance(other, int):
            return NotImplemented
        return other - self * floor_divide(other, self)


Dim = int | Axis


def axis(name: str, low: int = 1) -> Axis:
    """The axis called `name`, which is never below `low`."""
    return of_atom(Symbol(name, low))


def of_atom(atom: Atom) -> Axis:
    return Axis({(atom,): 1})


def terms_of(dim: Dim) -> Mapping[Monomial, int]:
    """The terms of any dim; a constant has the empty monomial alone, zero has none."""
    if isinstance(dim, Axis):
        return dim.terms
    return {(): dim} if dim else {}


def constant_of(dim: Dim) -> int:
    return dim if isinstance(dim, int) else dim.terms.get((), 0)


def from_terms(terms: dict[Monomial, int]) -> Dim:
    """The dim with these terms; the monomials are sorted, the factors may be zero."""
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    if len(kept) > MOST_TERMS:
        raise AxisTooLarge(f"an expression over axes has more than {MOST_TERMS} terms")
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return int(kept[()])
    return Axis(kept)


# --- Arithmetic --------------------------------------------------------------------------------


def add(left: Axis, right: Dim) -> Dim:
    terms = dict(left.terms)
    for monomial, factor in terms_of(right).items():
        terms[monomial] = terms.get(monomial, 0) + factor
    return from_terms(terms)


def multiply(left: Axis, right: Dim) -> Dim:
    others = terms_of(right)
    if len(left.terms) * len(others) > 10 * MOST_TERMS:
        raise AxisTooLarge(f"a product of axes has more than {MOST_TERMS} terms")
    terms: dict[Monomial, int] = {}
    for a, p in left.terms.items():
        for b, q in others.items():
            factor = p * q
            if factor.bit_length() > MOST_BITS:
                raise AxisTooLarge(f"an expression over axes has a factor of over {MOST_BITS} bits")
            monomial = _product(a, b)
            terms[monomial] = terms.get(monomial, 0) + factor
    return from_terms(terms)


def _product(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    if len(left) + len(right) > MOST_DEGREE:
        raise AxisTooLarge(f"a product has more than {MOST_DEGREE} axes")
    return tuple(sorted(left + right, key=order))


@lru_cache(maxsize=8_192)
def order(atom: Atom) -> tuple[Any, ...]:
    """A sort key: names before quotients, both by what they say."""
    if isinstance(atom, Symbol):
        return (0, atom.name, atom.low)
    return (1, _order_of_dim(atom.numerator), _order_of_dim(atom.denominator))


def _order_of_dim(dim: Dim) -> tuple[Any, ...]:
    return tuple(sorted((monomial_order(m), factor) for m, factor in terms_of(dim).items()))


def monomial_order(monomial: Monomial) -> tuple[Any, ...]:
    """A sort key: by degree, then by the atoms."""
    return (len(monomial), tuple(order(atom) for atom in monomial))


# --- Floor division ----------------------------------------------------------------------------


def floor_divide(numerator: Dim, denominator: Dim) -> Dim:
    if isinstance(denominator, int):
        if isinstance(numerator, int):
            return numerator // denominator
        if denominator == 0:
            raise ZeroDivisionError(f"the axis {numerator} is divided by zero")
    return _divide(numerator, denominator)


@lru_cache(maxsize=16_384)
def _divide(numerator: Dim, denominator: Dim) -> Dim:
    if isinstance(denominator, Axis):
        return _divide_by_axis(numerator, denominator)
    if denominator < 0:
        return floor_divide(-numerator, -denominator)
    if denominator == 1 or isinstance(numerator, int):
        return numerator // denominator if isinstance(numerator, int) else numerator
    return _divide_by_integer(numerator, denominator)


def _divide_by_integer(numerator: Axis, divisor: int) -> Dim:
    """Draws out whole multiples, then common factors, then joins with an inner floor division."""
    outer: dict[Monomial, int] = {}
    inner: dict[Monomial, int] = {}
    for monomial, factor in numerator.terms.items():
        outer[monomial], inner[monomial] = divmod(factor, divisor)
    whole = from_terms(outer)
    rest = from_terms(inner)
    if isinstance(rest, int):
        return whole  # 0 <= rest < divisor
    common = gcd(divisor, *(factor for monomial, factor in rest.terms.items() if monomial))
    if common > 1:
        rest = from_terms({monomial: factor // common for monomial, factor in rest.terms.items()})
        divisor //= common
    inside = _joinable(rest)
    if inside is None:
        return whole + _quotient(rest, divisor)
    scale = inside.denominator
    joined = inside.numerator + scale * (rest - of_atom(inside))
    return whole + floor_divide(joined, scale * divisor)


def _joinable(dim: Dim) -> Quotient | None:
    """The only `x // a` with factor 1: `(x // a + r) // b` is `(x + a * r) // (a * b)`."""
    found = [
        monomial[0]
        for monomial, factor in terms_of(dim).items()
        if factor == 1 and len(monomial) == 1 and isinstance(monomial[0], Quotient)
    ]
    return found[0] if len(found) == 1 and isinstance(found[0], Quotient) else None


def _divide_by_axis(numerator: Dim, divisor: Axis) -> Dim:
    lead = max(divisor.terms, key=monomial_order)
    if divisor.terms[lead] < 0:
        return floor_divide(-numerator, -divisor)
    low = lowest(divisor)
    if low is None or low < 1:
        return _quotient(*_without_content(numerator, divisor))
    whole, rest = _long_division(numerator, divisor, lead)
    if isinstance(rest, int) and rest in (0, -1):
        return whole + rest  # -1 // d is -1 for every d above zero
    rest, reduced = _without_content(*_without_shared_names(rest, divisor))
    if isinstance(reduced, int):
        return whole + floor_divide(rest, reduced)
    inside = _only_atom(rest)
    if isinstance(inside, Quotient):
        return whole + floor_divide(inside.numerator, inside.denominator * reduced)
    return whole + _quotient(rest, reduced)


def _long_division(numerator: Dim, divisor: Axis, lead: Monomial) -> tuple[Dim, Dim]:
    """A quotient and a rest: `numerator == quotient * divisor + rest` holds after every step."""
    whole: Dim = 0
    rest = numerator
    for _ in range(_DIVISION_STEPS):
        step = next(_steps(rest, divisor.terms[lead], lead), None)
        if step is None:
            break
        whole, rest = whole + step, rest - step * divisor
    return whole, rest


def _steps(rest: Dim, scale: int, lead: Monomial) -> Iterator[Dim]:
    terms = terms_of(rest)
    for monomial in sorted(terms, key=monomial_order, reverse=True):
        remaining = quotient_of_monomials(monomial, lead)
        if remaining is not None and terms[monomial] // scale:
            yield from_terms({remaining: terms[monomial] // scale})


def quotient_of_monomials(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    remaining = list(monomial)
    for atom in divisor:
        if atom not in remaining:
            return None
        remaining.remove(atom)
    return tuple(remaining)


def _without_shared_names(numerator: Dim, divisor: Dim) -> tuple[Dim, Dim]:
    """Both without the atoms in every term: the divisor is above zero, so none of those is zero."""
    every = [*terms_of(numerator), *terms_of(divisor)]
    for atom in every[0]:
        if all(atom in monomial for monomial in every):
            return _without_shared_names(_without(numerator, atom), _without(divisor, atom))
    return numerator, divisor


def _without(dim: Dim, atom: Atom) -> Dim:
    terms = {}
    for monomial, factor in terms_of(dim).items():
        at = monomial.index(atom)
        terms[monomial[:at] + monomial[at + 1 :]] = factor
    return from_terms(terms)


def _without_content(numerator: Dim, divisor: Dim) -> tuple[Dim, Dim]:
    common = gcd(*terms_of(numerator).values(), *terms_of(divisor).values())
    return scaled_down(numerator, common), scaled_down(divisor, common)


def scaled_down(dim: Dim, divisor: int) -> Dim:
    """`dim / divisor`, where every factor is a multiple of the divisor."""
    if divisor == 1:
        return dim
    return from_terms({monomial: factor // divisor for monomial, factor in terms_of(dim).items()})


def _only_atom(dim: Dim) -> Atom | None:
    if isinstance(dim, int) or len(dim.terms) != 1:
        return None
    (monomial, factor), *_ = dim.terms.items()
    return monomial[0] if factor == 1 and len(monomial) == 1 else None


def _quotient(numerator: Dim, denominator: Dim) -> Axis:
    depth = 1 + max(_depth(numerator), _depth(denominator))
    if depth > MOST_DEPTH:
        raise AxisTooLarge(f"floor divisions of axes are nested more than {MOST_DEPTH} deep")
    return of_atom(Quotient(numerator, denominator, depth))


def _depth(dim: Dim) -> int:
    atoms = (atom for monomial in terms_of(dim) for atom in monomial)
    return max((atom.depth for atom in atoms if isinstance(atom, Quotient)), default=0)


# --- Reading an expression ---------------------------------------------------------------------


def lowest(dim: Dim) -> int | None:
    """A lower bound that follows from the lows of the names alone, where it can be read off."""
    if isinstance(dim, int):
        return dim
    total = 0
    for monomial, factor in dim.terms.items():
        least = 1
        for atom in monomial:
            low = lowest_of_atom(atom)
            if low is None or low < 0 or factor < 0:
                return None
            least *= low
        total += factor * least
    return total


def lowest_of_atom(atom: Atom) -> int | None:
    if isinstance(atom, Symbol):
        return atom.low
    low = lowest(atom.numerator)
    if low is None:
        return None
    if isinstance(atom.denominator, int):
        return low // atom.denominator
    below = lowest(atom.denominator)
    return 0 if below is not None and below > 0 and low >= 0 else None


@lru_cache(maxsize=8_192)
def names(dim: Dim) -> frozenset[str]:
    """Every name that stands in the expression, inside floor divisions too."""
    found: set[str] = set()
    for monomial in terms_of(dim):
        for atom in monomial:
            found |= names_of_atom(atom)
    return frozenset(found)


def names_of_atom(atom: Atom) -> frozenset[str]:
    if isinstance(atom, Symbol):
        return frozenset({atom.name})
    return names(atom.numerator) | names(atom.denominator)


def evaluate(dim: Dim, values: Mapping[str, int]) -> int:
    """The value with each name at its own. KeyError for a missing one, ZeroDivisionError too."""
    result = substitute(dim, values)
    if isinstance(result, Axis):
        raise KeyError(min(names(result)))
    return result


def substitute(dim: Dim, replacements: Mapping[str, Dim]) -> Dim:
    """The expression with each of the given names replaced, all at once."""
    if isinstance(dim, int) or names(dim).isdisjoint(replacements):
        return dim
    total: Dim = 0
    for monomial, factor in dim.terms.items():
        product: Dim = factor
        for atom in monomial:
            product = product * _substituted(atom, replacements)
        total = total + product
    return total


def _substituted(atom: Atom, replacements: Mapping[str, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        found = replacements.get(atom.name)
        return of_atom(atom) if found is None else found
    if names_of_atom(atom).isdisjoint(replacements):
        return of_atom(atom)
    numerator = substitute(atom.numerator, replacements)
    return floor_divide(numerator, substitute(atom.denominator, replacements))


def python(dim: Dim, spelling: Mapping[str, str]) -> str:
    """The expression as Python text. A spelling holds together by itself, as `x.shape[1]` does."""
    return dims_text.text(dim, spelling)
