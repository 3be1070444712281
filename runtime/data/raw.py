"""New data for a trained network: files as batches of inputs, through the transform of the
training.

Comes in: an `.npy`, `.npz`, `.csv`, `.tsv`, `.parquet`, `.txt`, a picture or a folder of them, and
a Transform. Goes out: batches in the order of the file, with a name per row and, on request, the
targets that stand beside. Nothing is fitted here. Arrays, rows and pictures come from disk batch
by batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..lazy import Array, np
from ..settings import suggestion
from .csv_reader import guess_delimiter, header_names, is_hole, rows_of
from .encoders import Encoder, ImageEncoder, TextEncoder, to_float32
from .npy import map_npy, members, read_npz
from .parquet import read_parquet
from .picture import ENDINGS, Pictures, list_pictures
from .source import DEFAULT_LIMIT
from .table import Numbers, Table, TableColumn, Texts
from .table_encoder import TableEncoder, column_of
from .transform import Target, Transform


@dataclass(frozen=True, slots=True)
class RawBatch:
    """`names` say which rows these are; `targets` is None unless they were asked for."""

    names: tuple[str, ...]
    inputs: Mapping[str, Array]
    targets: Mapping[str, Array] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to read, and how."""

    path: Path
    transform: Transform
    batch: int
    targets: bool
    limit: int

    def only(self, kind: type[Encoder], what: str) -> Any:
        """The one encoder of the network's one input, which must be of this kind."""
        encoders = list(self.transform.encoders.values())
        if len(encoders) != 1 or not isinstance(encoders[0], kind):
            raise DataError(
                f"{self.path.name} holds {what}, and that is not what the network reads",
                f"it reads {', '.join(self.transform.encoders)}",
            )
        return encoders[0]


def read_raw(
    path: Path,
    transform: Transform,
    batch: int = 64,
    *,
    targets: bool = False,
    limit: int = DEFAULT_LIMIT,
) -> Iterator[RawBatch]:
    """Batches of at most `batch` rows. Raises DataError where the data do not fit the transform."""
    request = Request(path, transform, batch, targets, limit)
    try:
        yield from _reader(path)(request)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}") from None


def _reader(path: Path) -> Callable[[Request], Iterator[RawBatch]]:
    if path.is_dir():
        return _pictures
    if not path.is_file():
        raise DataError(f"there is no file or folder {path}")
    ending = path.suffix.lower()
    if ending in ENDINGS:
        return _pictures
    if ending not in READERS:
        known = ", ".join((*READERS, "a picture or a folder of pictures"))
        raise DataError(f"{path.name}: data of this kind are not read", f"give one of {known}")
    return READERS[ending]


def _npy(request: Request) -> Iterator[RawBatch]:
    if request.targets:
        raise DataError(f"{request.path.name} holds no targets", "give an .npz with both")
    values = map_npy("input", request.path)
    if values.ndim == 0:
        raise DataError(f"{request.path.name} holds one number", "axis 0 must count the rows")
    for start in range(0, len(values), request.batch):
        piece = np.asarray(values[start : start + request.batch])
        yield RawBatch(_numbered(start, len(piece)), request.transform.apply(piece))


def _npz(request: Request) -> Iterator[RawBatch]:
    path, target = request.path, request.transform.target
    found = tuple(members("input", path))
    wanted = list(request.transform.encoders)
    others = [name for name in found if name != target.name]
    if len(wanted) == 1 and wanted[0] not in found and len(others) == 1:
        wanted = others
    needed = [*wanted, target.name] if request.targets else wanted
    missing = next((name for name in needed if name not in found), None)
    if missing is not None:
        raise DataError(f"{path.name} holds no array `{missing}`", f"there are: {', '.join(found)}")
    arrays = read_npz("input", path, dict.fromkeys(needed), request.limit)
    count = {len(values) if values.ndim else -1 for values in arrays.values()}
    if len(count) != 1 or -1 in count:
        raise DataError(f"{path.name}: the arrays differ in their rows", "axis 0 counts the rows")
    for start in range(0, count.pop(), request.batch):
        part = {name: values[start : start + request.batch] for name, values in arrays.items()}
        named = dict(zip(request.transform.encoders, (part[name] for name in wanted), strict=True))
        answers = _answers(target, part[target.name]) if request.targets else None
        size = len(part[wanted[0]])
        yield RawBatch(_numbered(start, size), request.transform.apply(named), answers)


def _numbered(start: int, count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(start, start + count))


def _answers(target: Target, values: Array) -> dict[str, Array]:
    if target.task == "sequence":
        return {"target": values.astype(np.int64)}
    if target.task == "classification":
        return {"target": target.encode([str(value) for value in values.reshape(-1).tolist()])}
    return {"target": to_float32(values, target.name).reshape(len(values), *target.shape)}


def _pictures(request: Request) -> Iterator[RawBatch]:
    encoder: ImageEncoder = request.only(ImageEncoder, "pictures")
    whole = request.path.is_dir()
    paths = list_pictures(request.path) if whole else [request.path]
    if not paths:
        known = " ".join(sorted(ENDINGS))
        raise DataError(f"{request.path.name} holds no pictures", f"known are {known}")
    base = request.path if whole else request.path.parent
    (name,) = request.transform.encoders
    for start in range(0, len(paths), request.batch):
        part = tuple(paths[start : start + request.batch])
        images = Pictures(part, encoder)[np.arange(len(part))]
        names = tuple(path.relative_to(base).as_posix() for path in part)
        answers = None
        if request.targets:
            labels = [path.relative_to(base).parts[0] for path in part]
            answers = {"target": request.transform.target.encode(labels)}
        yield RawBatch(names, {name: images}, answers)


def _text(request: Request) -> Iterator[RawBatch]:
    encoder: TextEncoder = request.only(TextEncoder, "text")
    try:
        ids = encoder.ids(request.path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"byte {error.start} of {request.path.name} is not UTF-8") from None
    if not len(ids):
        raise DataError(f"{request.path.name} is empty")
    (name,) = request.transform.encoders
    if not request.targets:
        yield RawBatch(("0",), {name: ids[None]})
        return
    if len(ids) < 2:
        raise DataError(f"{request.path.name} is too short to predict a character of it")
    yield RawBatch(("0",), {name: ids[None, :-1]}, {"target": ids[None, 1:]})


def _csv(request: Request) -> Iterator[RawBatch]:
    encoder: TableEncoder = request.only(TableEncoder, "a table")
    kinds = _kinds(encoder, request)
    delimiter = guess_delimiter(request.path)
    rows = rows_of(request.path, delimiter)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{request.path.name} is empty")
    names, headed = header_names(
        request.path, first, "yes" if set(kinds) <= set(first[1]) else "auto"
    )
    rows = rows if headed else rows_of(request.path, delimiter)
    missing = next((name for name in kinds if name not in names), None)
    if missing is not None:
        help = suggestion(missing, names)
        raise DataError(f"{request.path.name}: the column `{missing}` is missing", help)
    while part := list(islice(rows, request.batch)):
        yield _table_batch(request, _chunk(request.path, names, kinds, part))


def _chunk(
    path: Path,
    names: tuple[str, ...],
    kinds: Mapping[str, bool],
    part: list[tuple[int, list[str]]],
) -> Table:
    for line, cells in part:
        if len(cells) != len(names):
            raise DataError(f"{path.name}, line {line}: {len(cells)} cells, not {len(names)}")
    places = [f"{path.name}, line {line}" for line, _ in part]
    columns = []
    for at, name in enumerate(names):
        if name in kinds:
            values: list[str | None] = [
                None if is_hole(row[at]) else row[at].strip() for _, row in part
            ]
            columns.append(column_of(name, values, kinds[name], places))
    lines = np.array([line for line, _ in part], dtype=np.int64)
    return Table(tuple(columns), len(part), f"{path.name}, line", lines)


def _parquet(request: Request) -> Iterator[RawBatch]:
    encoder: TableEncoder = request.only(TableEncoder, "a table")
    kinds = _kinds(encoder, request)
    table = read_parquet("input", request.path, kinds, (), request.limit, only=True)
    for start in range(0, table.rows, request.batch):
        yield _table_batch(request, _sliced(table, slice(start, start + request.batch)))


def _sliced(table: Table, rows: slice) -> Table:
    columns: list[TableColumn] = [
        Texts(column.name, column.codes[rows], column.words)
        if isinstance(column, Texts)
        else Numbers(column.name, column.values[rows])
        for column in table.columns
    ]
    lines = table.lines[rows]
    return Table(tuple(columns), len(lines), table.place, lines)


def _kinds(encoder: TableEncoder, request: Request) -> dict[str, bool]:
    """The columns to read and whether they are categories; the target's too, where it is asked
    for."""
    kinds = {column.name: column.categorical for column in encoder.columns}
    target = request.transform.target
    return {**kinds, target.name: target.task == "classification"} if request.targets else kinds


def _table_batch(request: Request, table: Table) -> RawBatch:
    names = tuple(str(line) for line in table.lines.tolist())
    inputs = request.transform.apply(table)
    if not request.targets:
        return RawBatch(names, inputs)
    column = table.column(request.transform.target.name)
    if column is None or bool(column.missing().any()):
        raise DataError(
            f"{request.path.name}: `{request.transform.target.name}` is not always given"
        )
    if isinstance(column, Texts):
        words = [column.words[code] for code in column.codes.tolist()]
        return RawBatch(names, inputs, {"target": request.transform.target.encode(words)})
    return RawBatch(names, inputs, _answers(request.transform.target, column.values))


READERS: Mapping[str, Callable[[Request], Iterator[RawBatch]]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
    ".txt": _text,
}
