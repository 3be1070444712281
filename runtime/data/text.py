"""Characters, each to be predicted from those before: `text()`, `text("novel.txt", length=128)`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pydoc_data import topics as cpython
from typing import Literal

from ..errors import DataError
from ..lazy import Array, np
from .assemble import dataset
from .dataset import SPLITS, Dataset
from .encoders import TextEncoder
from .guard import Checksum, check_memory, find_file
from .source import Source
from .transform import Target, Transform

ID = 8
"""Bytes of one id."""


@dataclass(frozen=True)
class Text(Source):
    """Windows `text` i64 [N, length] and as `target` the same, one character later.

    Without a path the text is that of CPython's own documentation topics. The first part trains,
    the next validates, the last tests: no window reaches into another split. With
    vocabulary="ascii" an id is the character's code (0 to 127; 26 for everything else), with
    "fitted" ids 1 onwards are the characters of the training part, 0 any other.
    """

    path: str = ""
    length: int = 128
    vocabulary: Literal["ascii", "fitted"] = "ascii"
    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(1 <= self.length <= 1_000_000, "length", "is from 1 to 1000000")
        for name in ("validation", "test"):
            self.require(0 <= getattr(self, name) < 1, name, "is a fraction from 0 to below 1")
        self.require(self.validation + self.test < 1, "validation", "and `test` leave nothing")

    def load(self, root: Path) -> Dataset:
        text = self._read(root)
        checksum = Checksum(self.identity()).add(text.encode("utf-8"))
        first = round(len(text) * (1 - self.validation - self.test))
        second = round(len(text) * (1 - self.test))
        parts = dict(zip(SPLITS, (text[:first], text[first:second], text[second:]), strict=True))
        if len(parts["train"]) <= self.length:
            raise DataError(
                f"{self.label}: {len(parts['train'])} characters do not make one window of"
                f" {self.length}",
                "give a longer text or a smaller length",
                "length",
            )
        characters = "" if self.vocabulary == "ascii" else "".join(sorted(set(parts["train"])))
        encoder = TextEncoder(characters)
        windows = {name: windows_of(encoder.ids(part), self.length) for name, part in parts.items()}
        target = Target("target", "sequence", encoder.size)
        inputs = {name: {"text": pair[0]} for name, pair in windows.items()}
        targets = {name: {"target": pair[1]} for name, pair in windows.items()}
        return dataset(self, Transform({"text": encoder}, target), inputs, targets, checksum)

    def _read(self, root: Path) -> str:
        if not self.path:
            return "\n\n".join(cpython.topics[name] for name in sorted(cpython.topics))
        path = find_file(self.label, root, self.path)
        check_memory(self.label, path.name, path.stat().st_size * ID, self.limit)
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.label}: byte {error.start} of {path.name} is not UTF-8",
                "save the text as UTF-8",
            ) from None


def windows_of(ids: Array, length: int) -> tuple[Array, Array]:
    """Windows that follow one another, and the same one character later; what does not fill one is
    left out."""
    count = max(len(ids) - 1, 0) // length
    used = count * length
    inputs = ids[:used].reshape(count, length)
    return inputs, ids[1 : used + 1].reshape(count, length) if count else np.zeros_like(inputs)
