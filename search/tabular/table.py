"""A table of trainings: what is known of every program of a space, and the file that keeps it.

Comes in: entries, or a parquet file. Goes out: arrays by name, one row for each program. May be
assumed of a table: all curves are equally long, and the content is what its checksum says. A number
that was none (a training that diverged) is nan.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compiler.spaces.trace import Trace
from ...lazy import lazy_module
from ..errors import SearchError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Integers = npt.NDArray[np.int64]
else:
    np = lazy_module("numpy")
    Floats = Integers = Any

pa = lazy_module("pyarrow")
pq = lazy_module("pyarrow.parquet")

VERSION = 1
HOME = Path(__file__).parents[2] / "benchmarks" / "tabular"
"""Where the tables of the repository lie; a wheel has none."""
FOLDERS = "ARCHC_TABLES"
HEAD, CHECKSUM = b"archc.table", b"archc.sha256"
CURVE, SCORE = "curve:", "score:"


@dataclass(frozen=True, slots=True)
class Entry:
    """A program: for each seed its curves by name, and its numbers at the end."""

    key: str
    trace: Sequence[Sequence[Any]]
    params: int
    flops: int
    curves: Sequence[Mapping[str, Sequence[float | None]]]
    scores: Sequence[Mapping[str, float | None]]


@dataclass(frozen=True)
class Table:
    """`curves` are f32 [programs, seeds, epochs], `scores` f32 [programs, seeds], `params` and
    `flops` i64 [programs]. `head` holds the space's text, the network, the seeds, and facts.
    """

    head: Mapping[str, Any]
    keys: tuple[str, ...]
    traces: tuple[str, ...]
    params: Integers
    flops: Integers
    curves: Mapping[str, Floats]
    scores: Mapping[str, Floats]

    @staticmethod
    def of(head: Mapping[str, Any], entries: Sequence[Entry]) -> "Table":
        """The table of these entries. Raises SearchError where their curves do not match."""
        names = sorted({name for entry in entries for curves in entry.curves for name in curves})
        finals = sorted({name for entry in entries for found in entry.scores for name in found})
        epochs = max(
            (len(line) for entry in entries for curves in entry.curves for line in curves.values()),
            default=0,
        )
        if not epochs:
            raise SearchError(
                "nothing was reported on the way, so there is no curve to keep",
                "let the evaluation call trial.report(epoch, value, name)",
            )
        return Table(
            head=dict(head),
            keys=tuple(entry.key for entry in entries),
            traces=tuple(json.dumps(entry.trace, separators=(",", ":")) for entry in entries),
            params=np.array([entry.params for entry in entries], dtype=np.int64),
            flops=np.array([entry.flops for entry in entries], dtype=np.int64),
            curves={
                name: np.array(
                    [[_padded(line.get(name, ()), epochs) for line in e.curves] for e in entries],
                    dtype=np.float32,
                )
                for name in names
            },
            scores={
                name: np.array(
                    [[_number(line.get(name)) for line in entry.scores] for entry in entries],
                    dtype=np.float32,
                )
                for name in finals
            },
        )

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that every program was trained with."""
        return tuple(self.head["seeds"])

    @property
    def epochs(self) -> int:
        return int(next(iter(self.curves.values())).shape[2])

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def traced(self) -> Mapping[str, int]:
        """The row of each trace, for programs of the table's own space; of equal graphs one."""
        return {trace: row for row, trace in enumerate(self.traces)}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the content, however it is stored."""
        found = hashlib.sha256(json.dumps(self.head, sort_keys=True).encode())
        for texts in (self.keys, self.traces):
            found.update("\n".join(texts).encode())
        for name, array in sorted({**self._columns()}.items()):
            found.update(name.encode())
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def final(self, name: str) -> Floats:
        """A curve's last value, f32 [programs, seeds]."""
        return self.curves[name][:, :, -1]

    def _columns(self) -> dict[str, Any]:
        curves = {CURVE + name: array for name, array in self.curves.items()}
        scores = {SCORE + name: array for name, array in self.scores.items()}
        return {"params": self.params, "flops": self.flops, **curves, **scores}

    def write(self, path: Path) -> None:
        """Writes the file beside its place, and then in it."""
        columns: dict[str, Any] = {"key": pa.array(self.keys), "trace": pa.array(self.traces)}
        for name, array in self._columns().items():
            columns[name] = pa.array(array) if array.ndim == 1 else _lists(array)
        metadata = {
            HEAD: json.dumps({**self.head, "version": VERSION}).encode(),
            CHECKSUM: self.checksum.encode(),
        }
        whole = pa.table(columns).replace_schema_metadata(metadata)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            pq.write_table(whole, file, compression="zstd", compression_level=19)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _padded(line: Sequence[float | None], length: int) -> list[float]:
    return [_number(value) for value in (*line, *[None] * (length - len(line)))]


def _lists(array: Floats) -> Any:
    flat = np.ascontiguousarray(array).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), array[0].size)


def read(path: Path) -> Table:
    """The table of a file. Raises SearchError for one that is none, or was damaged."""
    try:
        whole = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise SearchError(f"{path} cannot be read as a table: {error}") from None
    metadata = whole.schema.metadata or {}
    if HEAD not in metadata:
        raise SearchError(f"{path} is no table of trainings", "make one with: archc bench table")
    head = json.loads(metadata[HEAD])
    if head.pop("version") != VERSION:
        raise SearchError(f"{path} is a table of another version of archc", "make it again")
    seeds = len(head["seeds"])
    named = {name: whole.column(name).combine_chunks() for name in whole.column_names}
    table = Table(
        head=head,
        keys=tuple(named["key"].to_pylist()),
        traces=tuple(named["trace"].to_pylist()),
        params=named["params"].to_numpy(),
        flops=named["flops"].to_numpy(),
        curves=_arrays(named, CURVE, (len(whole), seeds, -1)),
        scores=_arrays(named, SCORE, (len(whole), seeds)),
    )
    if table.checksum != metadata[CHECKSUM].decode():
        raise SearchError(f"{path} is damaged: its checksum is another", "bring back the original")
    return table


def _arrays(named: Mapping[str, Any], prefix: str, shape: tuple[int, ...]) -> dict[str, Floats]:
    return {
        name.removeprefix(prefix): column.flatten().to_numpy().reshape(shape)
        for name, column in named.items()
        if name.startswith(prefix)
    }


def find(name: str) -> Path:
    """The file of a table: a path, or a name in the folders of `ARCHC_TABLES` or the repository.

    Raises SearchError where there is none.
    """
    path = Path(name)
    if path.suffix == ".parquet" and path.is_file():
        return path
    folders = [Path(part) for part in os.environ.get(FOLDERS, "").split(os.pathsep) if part]
    for folder in (*folders, HOME):
        if (folder / f"{name}.parquet").is_file():
            return folder / f"{name}.parquet"
    known = sorted(file.stem for folder in (*folders, HOME) for file in folder.glob("*.parquet"))
    there = f"there are: {', '.join(known)}" if known else "a wheel has none"
    raise SearchError(
        f"there is no table {name!r} ({there})",
        f"give the path of a .parquet file, or name its folder in {FOLDERS}",
    )


def choices_of(trace: Trace) -> str:
    """What a training chose that the graph's hash does not tell: `optimizer.lr=0.01`."""
    parts = (item.name.split(".", 2) for item in trace)
    names = (part[2] if len(part) == 3 and part[1] == "train" else "" for part in parts)
    chosen = zip(names, (item.value for item in trace), strict=True)
    return " ".join(f"{name}={value}" for name, value in chosen if name)
