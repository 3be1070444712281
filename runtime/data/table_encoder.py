"""The columns of a table as one row of numbers each.

Comes in: a `Table` (or cells by column name) and what was learned of each column. Goes out: f32
[N, F]. Numbers are normalised; a category is as many columns as it has words, one of them 1. A
category that training never saw, and a missing one where `missing` is `mean`, is all zeros; a
missing number is then the mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from ..errors import DataError
from ..lazy import Array, np
from ..settings import configure, suggestion
from .encoders import Encoder, safe, to_float32
from .table import Numbers, Table, TableColumn, Texts

MOST_WORDS = 1000
Missing = Literal["error", "mean", "drop"]


@dataclass(frozen=True)
class ColumnEncoder:
    """One column: `words` of a category in order, or mean and deviation of numbers."""

    name: str
    categorical: bool = False
    words: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0

    @property
    def width(self) -> int:
        return len(self.words) if self.categorical else 1

    def encode(self, column: TableColumn, normalize: bool) -> Array:
        """f32 [N, width]; the table has been checked for holes."""
        if isinstance(column, Texts):
            return self._one_hot(column)
        values = np.where(column.missing(), self.mean, column.values)
        if normalize:
            values = (values - self.mean) / self.std
        return to_float32(values, f"the column `{self.name}`")[:, None]

    def _one_hot(self, column: Texts) -> Array:
        place = {word: number for number, word in enumerate(self.words)}
        # One entry more than there are words, so that code -1 (nothing stands there) reads the
        # last: unknown.
        places = np.array([*(place.get(word, -1) for word in column.words), -1], dtype=np.int64)
        numbers = places[column.codes]
        encoded = np.zeros((len(numbers), len(self.words)), dtype=np.float32)
        known = np.flatnonzero(numbers >= 0)
        encoded[known, numbers[known]] = 1.0
        return encoded


@dataclass(frozen=True)
class TableEncoder(Encoder):
    """The columns that are read, in order."""

    columns: tuple[ColumnEncoder, ...]
    missing: Missing = "error"
    normalize: bool = True

    @property
    def width(self) -> int:
        return sum(column.width for column in self.columns)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        named = dict(fields)
        nested = named.pop("columns")
        columns = tuple(configure(ColumnEncoder, "data transform", column) for column in nested)
        bare = configure(_Policy, "data transform", named)
        return cls(columns, bare.missing, bare.normalize)

    def encode(self, raw: Any) -> Array:
        """`raw` is a Table, a mapping from column names to cells, or numbers [N, columns] in this
        order."""
        table = raw if isinstance(raw, Table) else self._table(raw)
        found = [self._column(table, column) for column in self.columns]
        if self.missing != "mean":
            require_whole(table, found)
        parts = [
            encoder.encode(column, self.normalize)
            for encoder, column in zip(self.columns, found, strict=True)
        ]
        return np.concatenate(parts, axis=1)

    def _column(self, table: Table, encoder: ColumnEncoder) -> TableColumn:
        column = table.column(encoder.name)
        if column is None:
            raise DataError(
                f"the column `{encoder.name}` is missing", suggestion(encoder.name, table.names)
            )
        if isinstance(column, Texts) != encoder.categorical:
            wanted = "a category" if encoder.categorical else "numbers"
            raise DataError(f"the column `{encoder.name}` was {wanted} in training and is not now")
        return column

    def _table(self, raw: Any) -> Table:
        cells = raw if isinstance(raw, Mapping) else self._by_order(raw)
        kinds = {column.name: column.categorical for column in self.columns}
        wanted = {name: list(cells[name]) for name in kinds if name in cells}
        columns = tuple(column_of(name, values, kinds[name]) for name, values in wanted.items())
        lengths = {len(values) for values in wanted.values()}
        if len(lengths) > 1:
            raise DataError("the columns differ in length", "give every row each column")
        rows = lengths.pop() if lengths else 0
        return Table(columns, rows, "row", np.arange(rows))

    def _by_order(self, raw: Any) -> dict[str, Any]:
        values = np.asarray(raw)
        if values.shape == (len(self.columns),):
            values = values[None]
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            names = ", ".join(column.name for column in self.columns)
            raise DataError(
                f"the rows have the shape {list(values.shape)}",
                f"these columns are wanted: {names}",
            )
        return {column.name: values[:, i] for i, column in enumerate(self.columns)}


@dataclass(frozen=True)
class _Policy:
    missing: Missing = "error"
    normalize: bool = True


def column_of(
    name: str, cells: Sequence[object], categorical: bool, places: Sequence[str] = ()
) -> TableColumn:
    """A column of Python values; None, nan and empty texts are holes.

    `places` says for messages where each cell stands (`line 7`); otherwise rows are counted from 0.
    """
    if categorical:
        words: dict[str, int] = {}
        codes = [-1 if _hole(cell) else words.setdefault(str(cell), len(words)) for cell in cells]
        return Texts(name, np.array(codes, dtype=np.int64), tuple(words))
    numbers = [
        np.nan if _hole(cell) else _number(places[row] if places else f"row {row}", name, cell)
        for row, cell in enumerate(cells)
    ]
    return Numbers(name, np.array(numbers, dtype=np.float64))


def _hole(cell: object) -> bool:
    return cell is None or cell == "" or cell != cell


def _number(place: str, name: str, cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.inf
    if math.isinf(value):
        raise DataError(f"{place}, column `{name}`: {str(cell)[:40]!r} is not a number")
    return value


def require_whole(table: Table, columns: Sequence[TableColumn]) -> None:
    """Raises a DataError that names the first cell in which nothing stands."""
    for column in columns:
        holes = np.flatnonzero(column.missing())
        if len(holes):
            place = f"{table.place} {table.lines[holes[0]]}"
            more = f" ({len(holes)} cells of this column)" if len(holes) > 1 else ""
            raise DataError(
                f"{place}, column `{column.name}`: the value is missing{more}",
                'write missing="mean" to fill in the mean, missing="drop" to leave such rows out,'
                f' or ignore=["{column.name}"]',
                "missing",
            )


def fit_column(column: TableColumn, rows: Array) -> ColumnEncoder:
    """Learns from the training rows: the words that occur, or the mean and deviation of what is
    not missing."""
    if isinstance(column, Texts):
        present = np.unique(column.codes[rows])
        words = sorted(column.words[code] for code in present.tolist() if code >= 0)
        if len(words) > MOST_WORDS:
            raise DataError(
                f"the column `{column.name}` has {len(words)} different texts, at most"
                f" {MOST_WORDS} make a category",
                f'leave it out with ignore=["{column.name}"], if it only identifies the row',
                "ignore",
            )
        return ColumnEncoder(column.name, True, tuple(words))
    values = column.values[rows]
    values = values[~np.isnan(values)]
    if not len(values):
        return ColumnEncoder(column.name)
    deviation = float(safe(values.std()))
    return ColumnEncoder(column.name, False, (), float(values.mean()), deviation)
