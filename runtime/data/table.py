"""A table in memory, column by column, as csv and parquet give it.

Comes in: columns of numbers or of texts, with holes. Goes out: `Table`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..lazy import Array, np


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers f64 [N]; nan where nothing stands."""

    name: str
    values: Array

    def missing(self) -> Array:
        return np.isnan(self.values)


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts: codes i64 [N] into `words`; -1 where nothing stands."""

    name: str
    codes: Array
    words: tuple[str, ...]

    def missing(self) -> Array:
        return self.codes < 0


TableColumn = Numbers | Texts


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in the file's order; `places[i]` names row i for messages (`line 7`)."""

    columns: tuple[TableColumn, ...]
    rows: int
    place: str
    lines: Array

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> TableColumn | None:
        return next((column for column in self.columns if column.name == name), None)
