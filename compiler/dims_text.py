"""Axis expressions as text, in the language's syntax, which for these operators is Python's too.

Comes in: a dim and, if wanted, a spelling for each name. Goes out: text of the same value to read:
`T % 8` instead of `T - 8 * (T // 8)`, and `(H - 5) // 2` instead of `(H + 1) // 2 - 3`.
"""

from collections.abc import Callable, Mapping

# The other half of this concept: `str(axis)` calls this module, which needs the arithmetic.
from . import dims

_SUM, _PRODUCT, _ATOM = 1, 2, 3
Text = tuple[str, int]
"""What is written, and how tightly it holds together."""
Spell = Callable[[str], str]


def text(dim: "dims.Dim", spelling: Mapping[str, str] | None = None) -> str:
    return _text(dim, spelling.__getitem__ if spelling is not None else str)[0]


def _text(dim: "dims.Dim", spell: Spell) -> Text:
    if isinstance(dim, int):
        return str(dim), _ATOM if dim >= 0 else _PRODUCT
    folded = _folded(dim)
    if folded is not None:
        return _division(*folded, "//", spell), _PRODUCT
    rest, parts = _remainders(dim, spell)
    parts += [
        _term(monomial, factor, spell)
        for monomial, factor in sorted(dims.terms_of(rest).items(), key=_place)
    ]
    return _sum(parts)


def _place(item: "tuple[dims.Monomial, int]") -> tuple[int, object]:
    return -len(item[0]), dims.monomial_order(item[0])


def _sum(parts: list[tuple[bool, Text]]) -> Text:
    """Joins signed texts; one that is added goes first where there is one."""
    first = next((at for at, (negative, _) in enumerate(parts) if not negative), 0)
    parts.insert(0, parts.pop(first))
    (negative, (head, tightness)), *others = parts
    if negative:
        head = f"-{head}" if tightness == _ATOM or _is_plain_product(head) else f"-({head})"
    joined = head + "".join(f" {'-' if minus else '+'} {part}" for minus, (part, _) in others)
    return joined, _SUM if others else min(tightness, _PRODUCT if negative else _ATOM)


def _is_plain_product(written: str) -> bool:
    # `-2 * T` is `(-2) * T`, the same; `-T // 2` is `(-T) // 2`, which is not `-(T // 2)`.
    return "//" not in written and "%" not in written


def _term(monomial: "dims.Monomial", factor: int, spell: Spell) -> tuple[bool, Text]:
    size = abs(factor)
    texts = [_atom(atom, spell) for atom in monomial]
    if size != 1 or not texts:
        texts.insert(0, (str(size), _ATOM))
    if len(texts) == 1:
        return factor < 0, texts[0]
    return factor < 0, (" * ".join(_closed(part) for part in texts), _PRODUCT)


def _atom(atom: "dims.Atom", spell: Spell) -> Text:
    if isinstance(atom, dims.Symbol):
        return spell(atom.name), _ATOM
    return _division(atom.numerator, atom.denominator, "//", spell), _PRODUCT


def _division(left: "dims.Dim", right: "dims.Dim", operator: str, spell: Spell) -> str:
    numerator, tightness = _text(left, spell)
    if tightness < _PRODUCT:
        numerator = f"({numerator})"
    return f"{numerator} {operator} {_closed(_text(right, spell))}"


def _closed(part: Text) -> str:
    written, tightness = part
    return written if tightness == _ATOM else f"({written})"


def _quotients(dim: "dims.Dim") -> "list[tuple[dims.Monomial, dims.Quotient]]":
    """Each term that holds a floor division, with the rest of its monomial."""
    found = []
    for monomial in sorted(dims.terms_of(dim), key=dims.monomial_order):
        for at, atom in enumerate(monomial):
            if isinstance(atom, dims.Quotient):
                found.append((monomial[:at] + monomial[at + 1 :], atom))
    return found


def _folded(dim: "dims.Axis") -> "tuple[dims.Dim, dims.Dim] | None":
    """Numerator and denominator if all of the expression fits under one floor division."""
    found = _quotients(dim)
    if len(found) != 1 or found[0][0]:
        return None
    quotient = found[0][1]
    if dim.terms[(quotient,)] != 1 or not isinstance(quotient.denominator, int):
        return None
    rest = dim - dims.of_atom(quotient)
    if not {*dims.terms_of(rest)} <= {*dims.terms_of(quotient.numerator), ()}:
        return None
    return quotient.numerator + quotient.denominator * rest, quotient.denominator


def _remainders(dim: "dims.Dim", spell: Spell) -> "tuple[dims.Dim, list[tuple[bool, Text]]]":
    """Takes out the multiples of `a % b`, that is of `a - b * (a // b)`, that shorten the text."""
    parts: list[tuple[bool, Text]] = []
    for others, quotient in _quotients(dim):
        for cofactor in _cofactors(dim, others, quotient):
            modulo = quotient.numerator - quotient.denominator * dims.of_atom(quotient)
            left = dim - cofactor * modulo
            if len(dims.terms_of(left)) + 1 < len(dims.terms_of(dim)):
                dim = left
                parts.append(_multiple(cofactor, quotient, spell))
    return dim, parts


def _cofactors(
    dim: "dims.Dim", others: "dims.Monomial", quotient: "dims.Quotient"
) -> "list[dims.Dim]":
    """The multiples of `a % b` that would cancel this term."""
    denominator = dims.terms_of(quotient.denominator)
    lead = max(denominator, key=dims.monomial_order)
    remaining = dims.quotient_of_monomials(others, lead)
    term = tuple(sorted((*others, quotient), key=dims.order))
    factor = dims.terms_of(dim).get(term, 0)
    if remaining is None or factor == 0 or factor % denominator[lead]:
        return []
    return [dims.from_terms({remaining: -factor // denominator[lead]})]


def _multiple(cofactor: "dims.Dim", quotient: "dims.Quotient", spell: Spell) -> tuple[bool, Text]:
    written = _division(quotient.numerator, quotient.denominator, "%", spell), _PRODUCT
    (monomial, factor), *_ = dims.terms_of(cofactor).items()
    if not monomial and abs(factor) == 1:
        return factor < 0, written
    _, scale = _term(monomial, abs(factor), spell)
    return factor < 0, (f"{scale[0]} * {_closed(written)}", _PRODUCT)
