"""Fourier-Motzkin elimination over the integers.

Comes in: rows, each a linear form that is at least zero; a variable is anything hashable. Goes out:
what follows for one variable, or that no integers satisfy the rows. Rows are tightened (a form is
divided by its factors' common divisor and its constant rounded down), which only rational proofs
lack. Every step keeps all integer solutions, and so does dropping rows, which bounds the work.
"""

from collections.abc import Hashable, Iterable, Mapping
from math import gcd

MOST_ROWS = 48

Variable = Hashable
Row = tuple[Mapping[Variable, int], int]
Table = dict[frozenset[tuple[int, int]], int]
"""Forms and their constants, over numbered variables."""


def contradictory(rows: Iterable[Row]) -> bool:
    """Whether the rows are shown to have no integer solution."""
    return _project(rows, None) is None


def range_of(variable: Variable, rows: Iterable[Row]) -> tuple[int | None, int | None]:
    """Lower and upper bound of a variable that the rows give; (1, 0) for contradictory rows."""
    table = _project(rows, variable)
    if table is None:
        return 1, 0
    low: int | None = None
    high: int | None = None
    for form, constant in table.items():
        for _, factor in form:  # the variable alone, its factor 1 or -1 after tightening
            if factor > 0:
                low = -constant if low is None else max(low, -constant)
            else:
                high = constant if high is None else min(high, constant)
    return low, high


def _project(rows: Iterable[Row], keep: Variable | None) -> Table | None:
    """The rows without all variables but one; None if they contradict each other."""
    table: Table = {}
    numbers: dict[Variable, int] = {keep: 0}
    for form, constant in rows:
        numbered = {
            numbers.setdefault(variable, len(numbers)): factor for variable, factor in form.items()
        }
        if not _insert(table, numbered, constant):
            return None
    while True:
        variable = _cheapest(table)
        if variable is None:
            return table
        reduced = _eliminate(table, variable)
        if reduced is None:
            return None
        table = reduced


def _insert(table: Table, form: Mapping[int, int], constant: int) -> bool:
    """Adds a tightened row; False if the row can never hold."""
    factors = {variable: factor for variable, factor in form.items() if factor}
    if not factors:
        return constant >= 0
    divisor = gcd(*factors.values())
    key = frozenset((variable, factor // divisor) for variable, factor in factors.items())
    constant //= divisor
    table[key] = min(constant, table.get(key, constant))
    return True


def _cheapest(table: Table) -> int | None:
    """The variable whose elimination adds the fewest rows; never number 0, which is kept."""
    ups: dict[int, int] = {}
    downs: dict[int, int] = {}
    for form in table:
        for variable, factor in form:
            counts = ups if factor > 0 else downs
            counts[variable] = counts.get(variable, 0) + 1

    def growth(variable: int) -> int:
        up, down = ups.get(variable, 0), downs.get(variable, 0)
        return up * down - up - down

    return min((ups.keys() | downs.keys()) - {0}, key=growth, default=None)


def _eliminate(table: Table, variable: int) -> Table | None:
    ups: list[tuple[dict[int, int], int]] = []
    downs: list[tuple[dict[int, int], int]] = []
    result: Table = {}
    for form, constant in table.items():
        factors = dict(form)
        if variable not in factors:
            result[form] = constant
        else:
            (ups if factors[variable] > 0 else downs).append((factors, constant))
    for up, p in ups:
        for down, q in downs:
            a, b = -down[variable], up[variable]
            if len(result) < MOST_ROWS and not _insert(
                result, _combined(a, up, b, down), a * p + b * q
            ):
                return None
    return result


def _combined(a: int, left: dict[int, int], b: int, right: dict[int, int]) -> dict[int, int]:
    factors = {variable: a * factor for variable, factor in left.items()}
    for variable, factor in right.items():
        factors[variable] = factors.get(variable, 0) + b * factor
    return factors
