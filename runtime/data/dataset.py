"""What a source gives: arrays in three splits, and what was learned about them.

Comes in: encoded columns. Goes out: `Dataset`, which the training loop, `archc new` and the
checkpoint read. A column is an array, or something that reads like one (`Column`) and brings its
rows from disk; the loop sees no difference: `split.batch(indices)` gives arrays either way. May be
assumed: the columns of a split are equally long, the same names stand in all splits, floats are
float32, class indices and tokens are int64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import DataError
from ..lazy import Array, np
from .transform import Transform

SPLITS = ("train", "validation", "test")
DTYPES = {"float32": "f32", "float64": "f64", "int64": "i64", "uint8": "u8", "bool": "bool"}


class Column(Protocol):
    """Rows along axis 0; indexing with an array of row numbers gives an array."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Array, /) -> Array: ...


@dataclass(frozen=True, slots=True)
class Split:
    """Equally long columns by name. What the network reads, and what it should answer."""

    inputs: Mapping[str, Column]
    targets: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {
            name: len(column) for name, column in (*self.inputs.items(), *self.targets.items())
        }
        if len(set(lengths.values())) > 1:
            counted = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise DataError(
                f"the columns differ in length: {counted}", "give every row each column"
            )

    def __len__(self) -> int:
        return next((len(column) for column in self.inputs.values()), 0)

    @property
    def in_memory(self) -> bool:
        """Whether every column is an array (and so can be moved to the device whole)."""
        columns = (*self.inputs.values(), *self.targets.values())
        return all(isinstance(column, np.ndarray) for column in columns)

    def batch(self, rows: Array) -> tuple[dict[str, Array], dict[str, Array]]:
        """Inputs and targets of some rows, given by number."""
        inputs = {name: column[rows] for name, column in self.inputs.items()}
        targets = {name: column[rows] for name, column in self.targets.items()}
        return inputs, targets


@dataclass(frozen=True, slots=True)
class Dataset:
    """Three splits (`train`, `validation`, `test`; the last two may be empty) and their transform.

    `checksum` is the SHA-256 of the raw content and the settings that decide the split.
    """

    source: str
    splits: Mapping[str, Split]
    transform: Transform
    checksum: str

    def __post_init__(self) -> None:
        if not len(self.train):
            raise DataError(
                f"{self.source}: no rows are left to train on",
                "give more data, or smaller `validation` and `test`",
            )

    @property
    def train(self) -> Split:
        return self.splits["train"]

    @property
    def validation(self) -> Split:
        return self.splits["validation"]

    @property
    def test(self) -> Split:
        return self.splits["test"]

    @property
    def task(self) -> str:
        """`classification`, `regression` or `sequence` (a class at every position)."""
        return self.transform.target.task

    @property
    def labels(self) -> tuple[str, ...] | None:
        return self.transform.target.labels

    def signature(self) -> str:
        """The signature of a network that fits: `image: f32[N, 1, 8, 8] -> f32[N, 10]`."""
        ports = (f"{name}: {port_type(column)}" for name, column in self.train.inputs.items())
        return f"{', '.join(ports)} -> {self.transform.target.output_type()}"

    def describe(self) -> dict[str, object]:
        """The facts as plain JSON values: `archc new` and messages read them."""
        target = self.transform.target
        return {
            "source": self.source,
            "task": target.task,
            "inputs": [_port(name, column) for name, column in self.train.inputs.items()],
            "targets": [_port(name, column) for name, column in self.train.targets.items()],
            "classes": target.classes,
            "labels": list(target.labels) if target.labels is not None else None,
            "sizes": {name: len(self.splits[name]) for name in SPLITS},
            "signature": self.signature(),
            "checksum": self.checksum,
        }


def port_type(column: Column) -> str:
    """`f32[N, 1, 8, 8]`; axis 1 of tokens is written `T`, since any length will do."""
    dtype = DTYPES.get(str(column.dtype), str(column.dtype))
    axes = ["N", *(str(size) for size in column.shape[1:])]
    if dtype == "i64" and len(axes) == 2:
        axes[1] = "T"
    return f"{dtype}[{', '.join(axes)}]"


def _port(name: str, column: Column) -> dict[str, object]:
    return {
        "name": name,
        "dtype": DTYPES.get(str(column.dtype), str(column.dtype)),
        "shape": [None, *column.shape[1:]],
    }
