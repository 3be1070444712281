"""The contract of a data source: one class in one file, its fields are its settings.

Comes in: the settings that a `train` block writes, and the folder that paths are relative to.
Goes out: a `Dataset`. To add a source, write one file here with one class; its file name is its
name in the language. Its fields have types (`settings.py` says which) and mostly defaults: they
are what the language checks, and positional arguments follow their order. Ranges are checked in
`__post_init__`, before any file is touched.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DataError

if TYPE_CHECKING:
    from .dataset import Dataset

DEFAULT_LIMIT = 4 * 2**30


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """Base of every source. `limit` is the most memory in bytes that its arrays may take."""

    limit: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        self.require(self.limit > 0, "limit", "must be a positive number of bytes")

    @abstractmethod
    def load(self, root: Path) -> Dataset:
        """Reads, splits and encodes. Called once; paths are relative to `root`, sizes are checked
        first.

        Raises DataError, and nothing else, for whatever is wrong with the data.
        """

    @property
    def label(self) -> str:
        """The source's name in the language, which is its file's."""
        return type(self).__module__.rpartition(".")[2]

    def require(self, condition: bool, setting: str, what: str) -> None:
        """Raises a DataError about a setting unless the condition holds."""
        if not condition:
            value = getattr(self, setting)
            raise DataError(f"{self.label}: `{setting}` {what}, not {value!r}", "", setting)

    def identity(self) -> str:
        """The settings that decide what is in the data, as text: part of the checksum."""
        kept = ((f.name, getattr(self, f.name)) for f in fields(self) if f.name != "limit")
        return f"{self.label}({', '.join(f'{name}={value!r}' for name, value in kept)})"


@dataclass(frozen=True, kw_only=True)
class SplitSource(Source):
    """A source whose rows are dealt to the splits here.

    `validation` and `test` are fractions of all rows (of the training rows, where the data come
    with a test set), `seed` decides the deal for ever, `stratify` keeps the shares of the classes.
    """

    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    stratify: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("validation", "test"):
            self.require(0 <= getattr(self, name) < 1, name, "is a fraction from 0 to below 1")
        together = self.validation + self.test
        self.require(together < 1, "validation", "and `test` leave nothing to train on")
        self.require(0 <= self.seed < 2**63, "seed", "is a number from 0 to 2**63 - 1")
