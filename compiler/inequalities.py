"""Questions about axes, settled: is a dim zero, is it at least zero, for every size allowed?

Comes in: a dim in the canonical form and the dims known to be at least zero. Goes out: a `Truth`.
A name is at least its `low`. Proofs are tried from cheap to dear: bounds that can be read off,
`a // b >= c` turned into `a >= c * b`, elimination over the terms, and last a case for each residue
(`T = 2 * q`, `T = 2 * q + 1`), in which the floor divisions vanish. All of them are sound; the
budgets only ever turn an answer into UNKNOWN.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd

from .dims import (
    Axis,
    AxisTooLarge,
    Dim,
    Monomial,
    Quotient,
    Symbol,
    constant_of,
    from_terms,
    lowest,
    monomial_order,
    names,
    of_atom,
    order,
    substitute,
    terms_of,
)
from .elimination import Row, Variable, contradictory, range_of
from .truth import Truth

MOST_CASES = 64
_MOST_MONOMIALS = 16
_MOST_KNOWN = 12


def settle(relation: str, goal: Dim, known: Sequence[Axis], cases: int = MOST_CASES) -> Truth:
    """Whether `goal == 0` or `goal >= 0`, as `relation` says, where all of `known` are >= 0."""
    if isinstance(goal, int):
        return Truth.of(goal == 0 if relation == "==" else goal >= 0)
    try:
        return _settle(relation, goal, relevant(goal, known), cases)
    except AxisTooLarge:
        return Truth.UNKNOWN


def bounds(goal: Dim, known: Sequence[Axis]) -> tuple[int | None, int | None]:
    """Lower and upper bound of a dim; either may be missing, neither is promised to be reached."""
    if isinstance(goal, int):
        return goal, goal
    row: dict[Variable, int] = dict(goal.terms.items())
    constant = row.pop((), 0)
    row["goal"] = -1
    opposite = {variable: -factor for variable, factor in row.items()}
    read = lowest(goal)
    try:
        rows = _rows([goal, *relevant(goal, known)])[1:]
    except AxisTooLarge:
        return read, None
    low, high = range_of("goal", [(row, constant), (opposite, -constant), *rows])
    return max((bound for bound in (low, read) if bound is not None), default=None), high


def relevant(goal: Dim, known: Sequence[Axis]) -> tuple[Axis, ...]:
    """Those of the known that share a name with the goal, or with one that does."""
    reached = set(names(goal))
    chosen: list[Axis] = []
    waiting = list(known)
    while True:
        near = [dim for dim in waiting if not names(dim).isdisjoint(reached)]
        if not near:
            return tuple(chosen[:_MOST_KNOWN])
        chosen += near
        waiting = [dim for dim in waiting if dim not in near]
        for dim in near:
            reached |= names(dim)


def _settle(relation: str, goal: Dim, known: tuple[Axis, ...], cases: int) -> Truth:
    split = _split((goal, *known), cases)
    # Residues settle an equality more surely than elimination does, unless there are facts to use.
    thorough = split is None or bool(known) or relation != "=="
    truth = _directly(relation, goal, known, thorough)
    if truth is not Truth.UNKNOWN or split is None:
        return truth
    return _by_cases(relation, goal, known, cases, *split)


def _by_cases(
    relation: str, goal: Dim, known: tuple[Axis, ...], cases: int, symbol: Symbol, modulus: int
) -> Truth:
    answer: Truth | None = None
    for residue in range(modulus):
        least = -((residue - symbol.low) // modulus)
        case = {symbol.name: modulus * of_atom(Symbol(symbol.name, least)) + residue}
        there = _possible([substitute(dim, case) for dim in known])
        if there is None:
            continue
        found = _settle(relation, substitute(goal, case), there, cases // modulus)
        if found is Truth.UNKNOWN or answer not in (None, found):
            return Truth.UNKNOWN
        answer = found
    return Truth.PROVED if answer is None else answer


def _possible(known: list[Dim]) -> tuple[Axis, ...] | None:
    """What is still to be known in a case; None if the case cannot arise."""
    if any(isinstance(dim, int) and dim < 0 for dim in known):
        return None
    kept = tuple(dim for dim in known if isinstance(dim, Axis))
    return None if kept and contradictory(_rows(kept)) else kept


def _directly(relation: str, goal: Dim, known: tuple[Axis, ...], thorough: bool) -> Truth:
    if isinstance(goal, int):
        return Truth.of(goal == 0 if relation == "==" else goal >= 0)
    if relation == ">=":
        if nonnegative(goal, known):
            return Truth.PROVED
        return Truth.REFUTED if nonnegative(-goal - 1, known) else Truth.UNKNOWN
    if constant_of(goal) % content(goal):
        return Truth.REFUTED
    above, below = nonnegative(goal, known, thorough), nonnegative(-goal, known, thorough)
    if above and below:
        return Truth.PROVED
    apart = (not below and nonnegative(goal - 1, known, thorough)) or (
        not above and nonnegative(-goal - 1, known, thorough)
    )
    return Truth.REFUTED if apart else Truth.UNKNOWN


# --- Proving that a dim is at least zero --------------------------------------------------------


def nonnegative(goal: Dim, known: tuple[Axis, ...] = (), thorough: bool = True) -> bool:
    """Whether the goal is shown to be at least zero without a distinction of cases."""
    goal = sharpened(goal)
    if isinstance(goal, int) or _is_read_off(goal):
        return isinstance(goal, Axis) or goal >= 0
    floors = quotients(goal)
    if floors and _is_read_off(sharpened(_without_remainders(goal))):
        return True
    # Without facts and floors, elimination shows no more than what can be read off.
    if thorough and (known or floors) and contradictory(_rows([-goal - 1, *known])):
        return True
    return _is_curved(goal) and _nonnegative_from_zero(goal, known, thorough)


def _is_read_off(dim: Dim) -> bool:
    low = lowest(dim)
    return low is not None and low >= 0


def _without_remainders(dim: Dim) -> Dim:
    """A dim that is nowhere above: multiples of `n % d` give way to what they are at least."""
    for quotient in quotients(dim):
        divisor = terms_of(quotient.denominator)
        least = lowest(quotient.denominator)
        lead = max(divisor, key=monomial_order)
        term = tuple(sorted((*lead, quotient), key=order))
        times, odd = divmod(-terms_of(dim).get(term, 0), divisor[lead])
        if times == 0 or odd or least is None or least < 1:
            continue
        remainder = quotient.numerator - quotient.denominator * of_atom(quotient)
        dim = dim - times * remainder + min(times, 0) * (quotient.denominator - 1)
    return dim


def _nonnegative_from_zero(goal: Axis, known: tuple[Axis, ...], thorough: bool) -> bool:
    """For products of names: counted from their lows, they may leave no negative factor."""
    lows: dict[str, int] = {}
    for symbol in {found for dim in (goal, *known) for found in symbols(dim)}:
        lows[symbol.name] = max(symbol.low, lows.get(symbol.name, symbol.low))
    shift: dict[str, Dim] = {name: of_atom(Symbol(name, 0)) + low for name, low in lows.items()}
    moved = sharpened(substitute(goal, shift))
    if _is_read_off(moved):
        return True
    if not thorough or not (known or quotients(moved)):
        return False
    facts = [substitute(dim, shift) for dim in known]
    factors = [of_atom(symbol) for symbol in sorted(symbols(moved), key=lambda s: s.name)]
    products = [fact * factor for fact in facts for factor in factors]
    return contradictory(_rows([-moved - 1, *facts, *products[:_MOST_KNOWN]]))


@lru_cache(maxsize=8_192)
def sharpened(dim: Dim) -> Dim:
    """A dim that is at least zero exactly where the given one is, with fewer floor divisions."""
    while isinstance(dim, Axis):
        common = content(dim)
        if common > 1:
            dim = from_terms({m: factor // common for m, factor in dim.terms.items()})
        freed = _without_a_floor(dim)
        if freed is None:
            break
        dim = freed
    return dim


def _without_a_floor(dim: Dim) -> Dim | None:
    """`n // d + r >= 0` is `n + r * d >= 0`; `r - n // d >= 0` is `r * d + d - 1 - n >= 0`."""
    for monomial, factor in terms_of(dim).items():
        if len(monomial) != 1 or abs(factor) != 1 or not isinstance(monomial[0], Quotient):
            continue
        quotient = monomial[0]
        rest = dim - factor * of_atom(quotient)
        low = lowest(quotient.denominator)
        if low is None or low < 1 or quotient in quotients(rest):
            continue
        if factor == 1:
            return quotient.numerator + rest * quotient.denominator
        return rest * quotient.denominator + quotient.denominator - 1 - quotient.numerator
    return None


def content(dim: Axis) -> int:
    """What divides every factor but the constant's."""
    return gcd(*(factor for monomial, factor in dim.terms.items() if monomial))


def _is_curved(dim: Axis) -> bool:
    return any(len(monomial) > 1 for monomial in dim.terms)


def _rows(known: Sequence[Dim]) -> list[Row]:
    """The dims as rows over their monomials, with what the monomials are known to obey."""
    waiting = list(known)
    rows: list[Row] = []
    seen: set[Monomial] = {()}
    for dim in waiting:
        terms = dict(terms_of(dim))
        rows.append(({monomial: f for monomial, f in terms.items() if monomial}, terms.get((), 0)))
        if len(seen) > _MOST_MONOMIALS:
            continue
        for monomial in terms:
            if monomial not in seen:
                seen.add(monomial)
                waiting += _obeyed(monomial)
    return rows


def _obeyed(monomial: Monomial) -> Iterator[Dim]:
    """Dims at least zero: the monomial's lower bound, and what each floor division in it means."""
    itself = from_terms({monomial: 1})
    low = lowest(itself)
    if low is not None:
        yield itself - low
    for at, atom in enumerate(monomial):
        others = from_terms({monomial[:at] + monomial[at + 1 :]: 1})
        least, below = lowest(others), None
        if isinstance(atom, Quotient):
            below = lowest(atom.denominator)
        if isinstance(atom, Quotient) and least is not None and least >= 0 and (below or 0) >= 1:
            rest = atom.numerator - atom.denominator * of_atom(atom)
            yield rest * others
            yield (atom.denominator - 1 - rest) * others


# --- Distinction of cases -----------------------------------------------------------------------


def _split(dims: Sequence[Dim], cases: int) -> tuple[Symbol, int] | None:
    """A name and a modulus whose residues take the name out of some floor division."""
    for dim in dims:
        for quotient in quotients(dim):
            for symbol in sorted(symbols(quotient.numerator), key=lambda s: s.name):
                modulus = _modulus(quotient, symbol)
                if modulus is not None and modulus <= cases:
                    return symbol, modulus
    return None


def _modulus(quotient: Quotient, symbol: Symbol) -> int | None:
    if not isinstance(quotient.denominator, int) or quotients(quotient.numerator):
        return None
    factors = [f for monomial, f in terms_of(quotient.numerator).items() if symbol in monomial]
    return quotient.denominator // gcd(quotient.denominator, *factors)


@lru_cache(maxsize=8_192)
def quotients(dim: Dim) -> tuple[Quotient, ...]:
    """Every floor division in the dim, the inner ones first."""
    found: dict[Quotient, None] = {}
    for monomial in terms_of(dim):
        for atom in monomial:
            if isinstance(atom, Quotient):
                inner = (*quotients(atom.numerator), *quotients(atom.denominator), atom)
                found.update(dict.fromkeys(inner))
    return tuple(found)


@lru_cache(maxsize=8_192)
def symbols(dim: Dim) -> frozenset[Symbol]:
    """Every name in the dim, with its low."""
    found: set[Symbol] = set()
    for monomial in terms_of(dim):
        for atom in monomial:
            if isinstance(atom, Symbol):
                found.add(atom)
            else:
                found |= symbols(atom.numerator) | symbols(atom.denominator)
    return frozenset(found)
