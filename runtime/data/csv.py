"""Delimited text: `csv("houses.csv", target="price", validation=0.2)`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .csv_reader import Header, Layout, read_csv
from .dataset import Dataset
from .guard import Checksum, find_file
from .table_source import TableSource


@dataclass(frozen=True)
class Csv(TableSource):
    """`delimiter` is one character, or `auto`: the commonest of `,` `;` `|` and tab in the first
    line.

    `header` is `auto`: the first line is one if no cell of it is a number or empty.
    Without a header the columns are called column_1, column_2, …
    """

    delimiter: str = "auto"
    header: Header = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        single = len(self.delimiter) == 1 and self.delimiter not in '\r\n"\0 '
        self.require(single or self.delimiter == "auto", "delimiter", "is one character or `auto`")

    def load(self, root: Path) -> Dataset:
        path = find_file(self.label, root, self.path)
        layout = Layout(
            self.label, self.delimiter, self.header, self.kinds(), self.ignore, self.limit
        )
        return self.from_table(read_csv(path, layout), Checksum(self.identity()).add_file(path))
