"""A network's outputs as people read them: label names with probabilities, numbers, text.

Comes in: outputs batch by batch, and the transform of the training. Goes out: rows for a `.csv`,
`.json` (one object per line where the ending is `.jsonl`) or `.npz` file. Rows are written as they
come; an `.npz` is collected, because its header counts the rows.
"""

import csv
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from .data import Transform
from .data.encoders import TextEncoder
from .errors import DataError
from .lazy import Array, np

ENDINGS = (".csv", ".json", ".jsonl", ".npz")
Row = dict[str, Any]


def softmax(scores: Array) -> Array:
    """Along the last axis, in f64."""
    raised = scores.astype(np.float64)
    powers = np.exp(raised - raised.max(axis=-1, keepdims=True))
    found: Array = powers / powers.sum(axis=-1, keepdims=True)
    return found


class Reader:
    """Turns outputs into rows. The first output answers the task; others are given as numbers."""

    def __init__(self, transform: Transform | None, outputs: Sequence[str]) -> None:
        self.transform = transform
        self.outputs = tuple(outputs)

    def rows(self, names: Sequence[str], found: Mapping[str, Array]) -> Iterator[Row]:
        """A row per input, `row` its name."""
        columns = self.columns(found)
        for at, name in enumerate(names):
            yield {"row": name} | {key: values[at] for key, values in columns.items()}

    def columns(self, found: Mapping[str, Array]) -> dict[str, list[Any]]:
        first, *others = self.outputs
        answer = self._answer(first, found[first])
        return answer | {name: found[name].tolist() for name in others}

    def _answer(self, name: str, output: Array) -> dict[str, list[Any]]:
        task = None if self.transform is None else self.transform.target.task
        match task:
            case "classification":
                return self._classes(output)
            case "sequence":
                return self._sequence(output)
            case "regression" if output.ndim == 1 or output.shape[1:] == (1,):
                assert self.transform is not None
                return {self.transform.target.name: output.reshape(-1).tolist()}
            case _:
                return {name: output.tolist()}

    def _classes(self, output: Array) -> dict[str, list[Any]]:
        """`label`, its `probability`, and the probability of every class."""
        assert self.transform is not None
        target = self.transform.target
        if output.ndim > 2:  # a map of classes: its probabilities would fill pages
            return {"classes": output.argmax(axis=1).tolist()}
        scores = output.reshape(len(output), -1)
        if scores.shape[1] == 1:  # one logit, for the second of two classes
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        chances = softmax(scores)
        best = chances.argmax(axis=1)
        names = [target.name_of(number) for number in range(chances.shape[1])]
        return {
            "label": [names[number] for number in best.tolist()],
            "probability": chances.max(axis=1).tolist(),
            **{f"p({name})": chances[:, at].tolist() for at, name in enumerate(names)},
        }

    def _sequence(self, output: Array) -> dict[str, list[Any]]:
        """The likeliest class at every position; as text, where the classes are characters."""
        assert self.transform is not None
        best = output.argmax(axis=-1)
        encoder = next(iter(self.transform.encoders.values()))
        if isinstance(encoder, TextEncoder) and output.shape[-1] == encoder.size:
            return {"text": [encoder.decode(ids) for ids in best]}
        return {"classes": best.tolist()}


class Writer(ABC):
    """Takes batches; `close` is called once at the end."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @abstractmethod
    def write(self, names: Sequence[str], found: Mapping[str, Array]) -> None: ...

    def close(self) -> None:
        return


class TextWriter(Writer):
    """`row label probability`, for people."""

    def __init__(self, reader: Reader, file: TextIO) -> None:
        super().__init__(reader)
        self.file = file

    def write(self, names: Sequence[str], found: Mapping[str, Array]) -> None:
        for row in self.reader.rows(names, found):
            shown = [_shown(value) for key, value in row.items() if not key.startswith("p(")]
            print("\t".join(shown), file=self.file)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return value if isinstance(value, str) else json.dumps(value)


class CsvWriter(Writer):
    def __init__(self, reader: Reader, file: TextIO) -> None:
        super().__init__(reader)
        self.file = csv.writer(file)
        self.headed = False

    def write(self, names: Sequence[str], found: Mapping[str, Array]) -> None:
        for row in self.reader.rows(names, found):
            if not self.headed:
                self.file.writerow(row)
                self.headed = True
            cells = (v if isinstance(v, str | float | int) else json.dumps(v) for v in row.values())
            self.file.writerow(cells)


class JsonWriter(Writer):
    """A list of objects, or one object per line."""

    def __init__(self, reader: Reader, file: TextIO, lines: bool) -> None:
        super().__init__(reader)
        self.file = file
        self.lines = lines
        self.count = 0

    def write(self, names: Sequence[str], found: Mapping[str, Array]) -> None:
        for row in self.reader.rows(names, found):
            if not self.lines:
                self.file.write(",\n" if self.count else "[\n")
            self.file.write(json.dumps(row) + ("\n" if self.lines else ""))
            self.count += 1

    def close(self) -> None:
        if not self.lines:
            self.file.write("\n]\n" if self.count else "[]\n")


class NpzWriter(Writer):
    """The outputs as they are, `row`, and for classes `label` and `probability`."""

    def __init__(self, reader: Reader, path: Path) -> None:
        super().__init__(reader)
        self.path = path
        self.parts: dict[str, list[Array]] = {}

    def write(self, names: Sequence[str], found: Mapping[str, Array]) -> None:
        columns = self.reader.columns(found)
        whole: dict[str, Array] = {"row": np.array(names), **found}
        for key in ("label", "probability"):
            if key in columns:
                whole[key] = np.array(columns[key])
        for name, array in whole.items():
            self.parts.setdefault(name, []).append(array)

    def close(self) -> None:
        whole: dict[str, Any] = {name: np.concatenate(p) for name, p in self.parts.items()}
        with self.path.open("wb") as file:
            np.savez(file, **whole)


@contextmanager
def writing(reader: Reader, path: Path | None) -> Iterator[Writer]:
    """A writer for the ending of a path, or for stdout. The file appears when all is written."""
    if path is None:
        yield TextWriter(reader, sys.stdout)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.suffix.lower() == ".npz":
            writer: Writer = NpzWriter(reader, temporary)
            yield writer
            writer.close()
        else:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                writer = _for_text(reader, file, path.suffix.lower())
                yield writer
                writer.close()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _for_text(reader: Reader, file: TextIO, ending: str) -> Writer:
    if ending == ".csv":
        return CsvWriter(reader, file)
    return JsonWriter(reader, file, lines=ending == ".jsonl")


def require_ending(path: Path | None) -> None:
    """Raises DataError for an output that could not be written, before anything is computed."""
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise DataError(
            f"{path.name}: answers of this kind are not written",
            f"name a file that ends in one of {', '.join(ENDINGS)}",
        )
