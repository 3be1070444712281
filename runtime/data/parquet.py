"""Parquet tables: `parquet("houses.parquet", target="price")`; needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..lazy import np, optional
from ..settings import suggestion
from .dataset import Dataset
from .guard import Checksum, check_memory, find_file
from .table import Table, TableColumn, Texts
from .table_encoder import column_of
from .table_source import TableSource

CELL = 64
"""Bytes to allow for a cell while it is read: a number takes 8, a text object more."""


@dataclass(frozen=True)
class Parquet(TableSource):
    """Numbers and bools are read as numbers, texts as categories; other columns must be ignored."""

    def load(self, root: Path) -> Dataset:
        path = find_file(self.label, root, self.path)
        table = read_parquet(self.label, path, self.kinds(), self.ignore, self.limit)
        return self.from_table(table, Checksum(self.identity()).add_file(path))


def read_parquet(
    label: str,
    path: Path,
    kinds: Mapping[str, bool],
    ignore: Sequence[str],
    limit: int,
    *,
    only: bool = False,
) -> Table:
    """The table without the ignored columns (with `only`, those of `kinds`); the sizes in the
    footer are checked first."""
    arrow = optional("pyarrow", "pyarrow", "parquet")
    reader = optional("pyarrow.parquet", "pyarrow", "parquet")
    try:
        with reader.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
            for name in (*ignore, *kinds):
                if name not in names:
                    raise DataError(
                        f"{label}: there is no column `{name}`", suggestion(name, names)
                    )
            kept = [name for name in names if (name in kinds if only else name not in ignore)]
            rows = int(file.metadata.num_rows)
            packed = sum(
                file.metadata.row_group(group).total_byte_size
                for group in range(file.metadata.num_row_groups)
            )
            needed = max(rows * max(len(kept), 1) * CELL, packed)
            check_memory(label, f"a table of {rows} rows", needed, limit)
            content = file.read(columns=kept)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(
            f"{label}: {path.name} is not a whole Parquet file: {error}", "save it again"
        ) from None
    columns = tuple(_column(label, arrow, name, content.column(name), kinds) for name in kept)
    return Table(columns, rows, f"{path.name}, row", np.arange(rows))


def _column(
    label: str, arrow: Any, name: str, values: Any, kinds: Mapping[str, bool]
) -> TableColumn:
    kind = values.type
    if arrow.types.is_dictionary(kind):
        kind = kind.value_type
    words = arrow.types.is_string(kind) or arrow.types.is_large_string(kind)
    numbers = (
        arrow.types.is_integer(kind)
        or arrow.types.is_floating(kind)
        or arrow.types.is_boolean(kind)
    )
    if not (words or numbers):
        raise DataError(
            f"{label}: the column `{name}` is of the type {kind}, which cannot be learned from",
            f'write ignore=["{name}"], or convert it to numbers or texts',
            "ignore",
        )
    column = column_of(name, values.to_pylist(), kinds.get(name, words))
    return _finite(label, column)


def _finite(label: str, column: TableColumn) -> TableColumn:
    if isinstance(column, Texts) or not np.isinf(column.values).any():
        return column
    row = int(np.argmax(np.isinf(column.values)))
    raise DataError(f"{label}: row {row}, column `{column.name}` is infinite", "replace the value")
