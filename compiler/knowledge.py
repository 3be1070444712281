"""What is known about axes, in solved form.

Comes in: dims that are zero, at least zero, or other than zero. Goes out: new `Knowledge`.
Equations are solved for a name where they can be (`T == 2 * S` replaces T; `T % 8 == 0` makes T
eight times a hidden name that stands for `T // 8`), so that later questions need only arithmetic. A
lower bound becomes the name's own low. What cannot be solved is kept as dims at least zero.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from math import gcd

from ..grammar.record import record
from .dims import (
    Atom,
    Axis,
    Dim,
    Monomial,
    Quotient,
    Symbol,
    constant_of,
    floor_divide,
    from_terms,
    lowest,
    lowest_of_atom,
    monomial_order,
    names,
    names_of_atom,
    of_atom,
    order,
    quotient_of_monomials,
    substitute,
    terms_of,
)
from .inequalities import content, nonnegative, sharpened

_MOST_HIDDEN = 16


class Contradiction(ValueError):
    """What is to be assumed cannot hold together with what is known."""


@record
class Meaning:
    """A hidden name is `quotient`; `factor * monomial * hidden` is `whole`, if that is said."""

    quotient: Dim
    whole: Dim
    factor: int
    monomial: Monomial


@record
class Knowledge:
    """`solved` replaces names; `known` are >= 0 and `different` are not 0, both without them."""

    solved: Mapping[str, Dim] = field(default_factory=dict)
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    originals: Mapping[str, Symbol] = field(default_factory=dict)
    known: tuple[Axis, ...] = ()
    different: frozenset[Axis] = frozenset()

    def inside(self, dim: Dim) -> Dim:
        """The dim in terms of what is not solved."""
        return substitute(dim, self.solved)

    def outside(self, dim: Dim) -> Dim:
        """A dim made by `inside`, in the program's own names again."""
        for hidden in reversed(tuple(self.meanings)):
            if hidden in names(dim):
                dim = _unfolded(dim, hidden, self.meanings[hidden])
        lows = {name: of_atom(symbol) for name, symbol in self.originals.items()}
        return substitute(dim, lows)


def with_nonnegative(knowledge: Knowledge, dim: Dim, may_equal: bool = True) -> Knowledge:
    """Adds `dim >= 0`. Raises Contradiction if that is seen to be impossible."""
    dim = sharpened(knowledge.inside(dim))
    low = lowest(dim)
    if isinstance(dim, int) and dim < 0:
        raise Contradiction
    if isinstance(dim, int) or (low is not None and low >= 0):
        return knowledge
    raised = _raised(knowledge, dim)
    if raised is not None:
        return raised
    if nonnegative(-dim - 1, knowledge.known):
        raise Contradiction
    if primitive(dim) in knowledge.different:
        return with_nonnegative(knowledge, dim - 1)
    if may_equal and nonnegative(-dim, knowledge.known):
        return with_zero(knowledge, dim)
    if dim in knowledge.known:
        return knowledge
    return replace(knowledge, known=(*knowledge.known, dim))


def with_different(knowledge: Knowledge, dim: Dim) -> Knowledge:
    """Adds `dim != 0`."""
    dim = knowledge.inside(dim)
    if isinstance(dim, int):
        if dim == 0:
            raise Contradiction
        return knowledge
    if nonnegative(dim, knowledge.known):
        return with_nonnegative(knowledge, dim - 1)
    if nonnegative(-dim, knowledge.known):
        return with_nonnegative(knowledge, -dim - 1)
    return replace(knowledge, different=knowledge.different | {primitive(dim)})


def with_zero(knowledge: Knowledge, dim: Dim) -> Knowledge:
    """Adds `dim == 0`, solved for a name where that can be done."""
    dim = knowledge.inside(dim)
    if isinstance(dim, int):
        if dim:
            raise Contradiction
        return knowledge
    if constant_of(dim) % content(dim):
        raise Contradiction
    dim = primitive(dim)
    for solve in (_solved_for_a_name, _solved_for_a_multiple, _solved_for_two_names):
        after = solve(knowledge, dim) if len(knowledge.meanings) < _MOST_HIDDEN else None
        if after is not None:
            return after
    return with_nonnegative(with_nonnegative(knowledge, dim, False), -dim, False)


def primitive(dim: Axis) -> Axis:
    """The dim over its factors' common divisor, of its two signs always the same one."""
    divisor = gcd(*dim.terms.values())
    if dim.terms[max(dim.terms, key=monomial_order)] < 0:
        divisor = -divisor
    return Axis({monomial: factor // divisor for monomial, factor in dim.terms.items()})


def _raised(knowledge: Knowledge, dim: Axis) -> Knowledge | None:
    """A lower bound of one name becomes its low; an upper bound that meets the low settles it."""
    variables = [monomial for monomial in dim.terms if monomial]
    constant = constant_of(dim)
    if len(variables) != 1:
        return None
    (monomial,) = variables
    if dim.terms[monomial] > 0:
        return _raised_factor(knowledge, monomial, -constant)
    if len(monomial) != 1 or not isinstance(monomial[0], Symbol):
        return None
    symbol = monomial[0]
    if constant < symbol.low:
        raise Contradiction
    return _resolved(knowledge, symbol, constant) if constant == symbol.low else None


def _raised_factor(knowledge: Knowledge, monomial: Monomial, least: int) -> Knowledge | None:
    """After `T >= 3`, T is at least 3; after `T * S >= 1` neither is 0, if both are at least 0."""
    if len(monomial) == 1:
        symbol = monomial[0]
        if not isinstance(symbol, Symbol):
            return None
        return _resolved(knowledge, symbol, of_atom(Symbol(symbol.name, least)))
    lows = [lowest_of_atom(atom) for atom in monomial]
    if least < 1 or any(low is None or low < 0 for low in lows):
        return None
    for atom in monomial:
        if isinstance(atom, Symbol) and atom.low == 0:
            raised = _resolved(knowledge, atom, of_atom(Symbol(atom.name, 1)))
            return with_nonnegative(raised, from_terms({monomial: 1}) - least)
    return None


def _solved_for_a_name(knowledge: Knowledge, dim: Axis) -> Knowledge | None:
    """`T + rest == 0`, where T does not stand in the rest."""
    for symbol in _plain(dim):
        sign = dim.terms[(symbol,)]
        rest = dim - sign * of_atom(symbol)
        if abs(sign) == 1 and symbol.name not in names(rest):
            value = -sign * rest
            return with_nonnegative(_resolved(knowledge, symbol, value), value - symbol.low)
    return None


def _solved_for_a_multiple(knowledge: Knowledge, dim: Axis) -> Knowledge | None:
    """`T - d * (T // d) - rest == 0`, where T stands nowhere else."""
    for symbol in _plain(dim):
        sign = dim.terms[(symbol,)]
        rest = dim - sign * of_atom(symbol)
        if abs(sign) != 1:
            continue
        holders = {
            atom for term in terms_of(rest) for atom in term if symbol.name in names_of_atom(atom)
        }
        atom = next(iter(holders))
        low = lowest_of_atom(atom)
        if len(holders) == 1 and isinstance(atom, Quotient) and low is not None:
            return _with_hidden(knowledge, symbol, -sign * rest, atom, low)
    return None


def _with_hidden(
    knowledge: Knowledge, symbol: Symbol, value: Dim, quotient: Quotient, low: int
) -> Knowledge | None:
    """Replaces `symbol` by `value`, in which a hidden name takes the quotient's place."""
    term = of_atom(quotient)
    hidden = Symbol(f"({term})", low)
    replaced = _with_atom_replaced(value, quotient, hidden)
    if hidden.name in knowledge.meanings:
        return None
    meaning = _meaning(of_atom(symbol), term, replaced, hidden)
    told = replace(knowledge, meanings={**knowledge.meanings, hidden.name: meaning})
    told = _resolved(told, symbol, replaced)
    told = with_nonnegative(told, replaced - symbol.low)
    return with_zero(told, told.inside(term) - told.inside(of_atom(hidden)))


def _meaning(whole: Axis, quotient: Dim, value: Dim, hidden: Symbol) -> Meaning:
    found = [monomial for monomial in terms_of(value) if hidden in monomial]
    if len(found) != 1 or found[0].count(hidden) != 1 or terms_of(value)[found[0]] < 1:
        return Meaning(quotient, 0, 0, ())
    factor = terms_of(value)[found[0]]
    rest = value - from_terms({found[0]: factor})
    others = tuple(atom for atom in found[0] if atom != hidden)
    return Meaning(quotient, whole - rest, factor, others)


def _solved_for_two_names(knowledge: Knowledge, dim: Axis) -> Knowledge | None:
    """`a * T == b * S + c` with positive a and b: both grow by steps, counted by a hidden name."""
    variables = [monomial for monomial in dim.terms if monomial]
    plain = _plain(dim)
    if len(variables) != 2 or len(plain) != 2:
        return None
    first, second = sorted(plain, key=lambda symbol: -dim.terms[(symbol,)])
    a, b, c = dim.terms[(first,)], -dim.terms[(second,)], -constant_of(dim)
    if b <= 0:
        return None
    start = c * pow(a, -1, b) % b if b > 1 else 0  # a * start = c modulo b
    other = (a * start - c) // b
    least = -((start - first.low) // b)
    quotient = floor_divide(of_atom(first) - start, b)
    hidden = Symbol(f"(({of_atom(first)}) - {start}) / {b}", least)
    if hidden.name in knowledge.meanings:
        return None
    meaning = Meaning(quotient, of_atom(first) - start, b, ())
    told = replace(knowledge, meanings={**knowledge.meanings, hidden.name: meaning})
    told = _resolved(told, first, b * of_atom(hidden) + start)
    value = a * told.inside(of_atom(hidden)) + other
    return with_nonnegative(_resolved(told, second, value), value - second.low)


def _plain(dim: Axis) -> list[Symbol]:
    """The names that are terms of their own; the last in the alphabet first, as in `T == 2 * S`."""
    found = [m[0] for m in dim.terms if len(m) == 1 and isinstance(m[0], Symbol)]
    return sorted((atom for atom in found if isinstance(atom, Symbol)), key=order, reverse=True)


def _resolved(knowledge: Knowledge, symbol: Symbol, value: Dim) -> Knowledge:
    """Replaces a name everywhere, and learns the rest anew in its light."""
    here: dict[str, Dim] = {symbol.name: value}
    solved = {name: substitute(dim, here) for name, dim in knowledge.solved.items()} | here
    originals = {symbol.name: symbol, **knowledge.originals}
    told = Knowledge(solved, knowledge.meanings, originals)
    for dim in knowledge.known:
        told = with_nonnegative(told, dim)
    for dim in knowledge.different:
        told = with_different(told, dim)
    return told


def _with_atom_replaced(dim: Dim, atom: Atom, by: Symbol) -> Dim:
    total: Dim = 0
    for monomial, factor in terms_of(dim).items():
        product: Dim = factor
        for other in monomial:
            product = product * of_atom(by if other == atom else other)
        total = total + product
    return total


def _unfolded(dim: Dim, hidden: str, meaning: Meaning) -> Dim:
    """The dim without the hidden name: its multiples as the whole where that fits."""
    total: Dim = 0
    for monomial, factor in terms_of(dim).items():
        total = total + _unfolded_term(monomial, factor, hidden, meaning)
    return total


def _unfolded_term(monomial: Monomial, factor: int, hidden: str, meaning: Meaning) -> Dim:
    product: Dim = 1
    times = [atom for atom in monomial if isinstance(atom, Symbol) and atom.name == hidden]
    for symbol in times:
        remaining = quotient_of_monomials(monomial, (*meaning.monomial, symbol))
        if meaning.factor and factor % meaning.factor == 0 and remaining is not None:
            product, factor, monomial = product * meaning.whole, factor // meaning.factor, remaining
    for atom in monomial:
        if isinstance(atom, Quotient):
            numerator = _unfolded(atom.numerator, hidden, meaning)
            denominator = _unfolded(atom.denominator, hidden, meaning)
            product = product * floor_divide(numerator, denominator)
        else:
            product = product * (meaning.quotient if atom.name == hidden else of_atom(atom))
    return product * factor
