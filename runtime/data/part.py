"""A part of the training rows, for a training at a lower fidelity.

Comes in: a data set, a fraction. Goes out: the same with that fraction of the rows to train on; the
other splits are whole. Parts are nested: a larger one holds the rows of a smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..lazy import Array, np
from .dataset import Column, Dataset, Split

SEED = 0


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows of a column that is read from disk."""

    column: Column
    rows: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.column.shape[1:])

    @property
    def dtype(self) -> Any:
        return self.column.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Array, /) -> Array:
        return self.column[self.rows[rows]]


def part_of(data: Dataset, fraction: float) -> Dataset:
    """Raises ValueError for a fraction that is not above 0 and at most 1."""
    if not 0 < fraction <= 1:
        raise ValueError(f"a fraction of the data is above 0 and at most 1, not {fraction}")
    count = max(1, round(fraction * len(data.train)))
    if count == len(data.train):
        return data
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(data.train))
    rows = np.sort(order[:count])
    train = Split(
        {name: _taken(column, rows) for name, column in data.train.inputs.items()},
        {name: _taken(column, rows) for name, column in data.train.targets.items()},
    )
    checksum = f"{data.checksum}:{count}"
    return replace(data, splits={**data.splits, "train": train}, checksum=checksum)


def _taken(column: Column, rows: Array) -> Column:
    return column[rows] if isinstance(column, np.ndarray) else _Rows(column, rows)
