"""Rows of a delimited text file as a Table, in constant memory beyond the table itself.

Comes in: a path and how to read it. Goes out: a `Table`; or a DataError that names line and column.
The file is read twice: once to count and to tell numbers from texts, once to fill arrays of the
right size.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import DataError
from ..lazy import np
from ..settings import suggestion
from .guard import check_memory
from .table import Numbers, Table, TableColumn, Texts

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
HOLES = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
DELIMITERS = ",;\t|"
SAMPLE = 100
"""So many cells that are not missing decide whether a column holds numbers."""

Header = Literal["auto", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read: `delimiter` of one character or `auto`; `categorical` says of some columns what
    they are."""

    label: str
    delimiter: str
    header: Header
    categorical: Mapping[str, bool]
    ignore: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the first reading found: the names, which columns are kept and are texts, the rows."""

    names: tuple[str, ...]
    skip_first: bool
    texts: tuple[bool, ...]
    rows: int


def read_csv(path: Path, layout: Layout) -> Table:
    """The whole table without the ignored columns."""
    delimiter = guess_delimiter(path) if layout.delimiter == "auto" else layout.delimiter
    plan = _plan(path, delimiter, layout)
    kept = [at for at, name in enumerate(plan.names) if name not in layout.ignore]
    needed = plan.rows * (len(kept) + 1) * 8
    check_memory(layout.label, f"a table of {plan.rows} rows", needed, layout.limit)
    return _fill(path, delimiter, plan, kept)


def is_hole(cell: str) -> bool:
    return cell.strip().lower() in HOLES


def is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None


def rows_of(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers (of the row's last line) and cells; empty lines are passed over."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            raise DataError(f"{path.name}, line {reader.line_num}: {error}") from None
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path.name}: after line {reader.line_num} a byte is not UTF-8: {error.reason}",
                "save the file as UTF-8",
            ) from None


def guess_delimiter(path: Path) -> str:
    """The commonest of `,` `;` tab and `|` in the first line, outside of quotes."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = re.sub(r'"[^"]*"', "", file.readline(1 << 20))
    return max(DELIMITERS, key=first.count)


def _plan(path: Path, delimiter: str, layout: Layout) -> _Plan:
    rows = rows_of(path, delimiter)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path.name} is empty", "give at least a header and a row")
    names, skip = header_names(path, first, layout.header)
    _require_known(layout, names)
    tallies = [[0, 0] for _ in names]
    count = 0
    for line, cells in rows if skip else rows_of(path, delimiter):
        if len(cells) != len(names):
            raise DataError(
                f"{path.name}, line {line}: {len(cells)} cells, but there are {len(names)} columns",
                "quote cells that hold the delimiter",
            )
        count += 1
        if count <= SAMPLE or any(sum(tally) < SAMPLE for tally in tallies):
            _tally(tallies, cells)
    texts = tuple(
        layout.categorical.get(name, tally[1] > 0)
        for name, tally in zip(names, tallies, strict=True)
    )
    return _Plan(names, skip, texts, count)


def _tally(tallies: list[list[int]], cells: list[str]) -> None:
    """Counts numbers and texts of each column until there are enough of them."""
    for tally, cell in zip(tallies, cells, strict=True):
        if sum(tally) < SAMPLE and not is_hole(cell):
            tally[0 if is_number(cell) else 1] += 1


def header_names(
    path: Path, first: tuple[int, list[str]], header: Header
) -> tuple[tuple[str, ...], bool]:
    """The columns' names, and whether the first row is the header: it holds no number and no
    hole."""
    line, cells = first
    named = not any(is_number(cell) or is_hole(cell) for cell in cells)
    if header == "no" or (header == "auto" and not named):
        return tuple(f"column_{number}" for number in range(1, len(cells) + 1)), False
    names = tuple(cell.strip() for cell in cells)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"{path.name}, line {line}: two columns are called `{twice}`",
            'rename one, or write header="no" if this line is no header',
            "header",
        )
    return names, True


def _require_known(layout: Layout, names: tuple[str, ...]) -> None:
    for name in (*layout.ignore, *layout.categorical):
        if name not in names:
            raise DataError(f"{layout.label}: there is no column `{name}`", suggestion(name, names))


def _fill(path: Path, delimiter: str, plan: _Plan, kept: list[int]) -> Table:
    arrays = {
        at: np.full(plan.rows, -1, dtype=np.int64) if plan.texts[at] else np.full(plan.rows, np.nan)
        for at in kept
    }
    words: dict[int, dict[str, int]] = {at: {} for at in kept}
    lines = np.zeros(plan.rows, dtype=np.int64)
    rows = rows_of(path, delimiter)
    if plan.skip_first:
        next(rows)
    for row, (line, cells) in enumerate(rows):
        lines[row] = line
        for at in kept:
            cell = cells[at]
            if not plan.texts[at]:
                arrays[at][row] = _number(path, line, plan.names[at], cell)
            elif not is_hole(cell):
                known = words[at]
                arrays[at][row] = known.setdefault(cell.strip(), len(known))
    columns: list[TableColumn] = [
        Texts(plan.names[at], arrays[at], tuple(words[at]))
        if plan.texts[at]
        else Numbers(plan.names[at], arrays[at])
        for at in kept
    ]
    return Table(tuple(columns), plan.rows, f"{path.name}, line", lines)


def _number(path: Path, line: int, name: str, cell: str) -> float:
    """A cell as a number, nan for a hole. Asks Python first: that is what nearly every cell
    needs."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and "_" not in cell:
        return value
    if is_hole(cell):
        return math.nan
    raise DataError(
        f"{path.name}, line {line}, column `{name}`: {cell[:40]!r} is not a number",
        f'correct the cell, or write categorical=["{name}"] if the column holds words',
        "categorical",
    )
