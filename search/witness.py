"""How far a study had come, noted beside its store.

Comes in: counts, after every transaction. Goes out: what of them a store lacks when it is opened
again. SQLite ends its write-ahead log at the first frame that is damaged, and says nothing of the
transactions after it: here stands how many there were. Of use where a store is a file.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from .databases.sqlite import file_name

SIZE = 64
ENDING = ".count"
NAMES = ("proposal", "begun attempt", "ended attempt")


@dataclass(slots=True)
class Counts:
    """How many trials were proposed, and how many attempts at them begun and ended."""

    proposed: int = 0
    begun: int = 0
    ended: int = 0

    @property
    def all(self) -> tuple[int, int, int]:
        return self.proposed, self.begun, self.ended

    def lacks(self, told: "Counts | None") -> str:
        """What is missing of what was told; an empty text where nothing is."""
        pairs = zip(NAMES, self.all, told.all if told is not None else self.all, strict=True)
        missing = [_of(theirs - ours, name) for name, ours, theirs in pairs if theirs > ours]
        return " and ".join(", ".join(missing).rsplit(", ", 1))


class Counted(Protocol):
    """What is asked of a store."""

    path: Path | None

    def find(self, name: str) -> tuple[int, Any] | None: ...

    def count(self, key: int) -> Counts: ...


def counted(store: Path | None, study: str) -> Path:
    """The file for one study of a store."""
    return Path(f"{store}.{file_name(study)}{ENDING}")


def witnesses(store: Path) -> list[Path]:
    """The files for the studies of a store."""
    return sorted(store.parent.glob(f"{escape(store.name)}.*{ENDING}"))


def read(path: Path) -> Counts | None:
    """What was noted last; None where there is nothing that can be believed."""
    try:
        text = path.read_bytes()
    except OSError:
        return None
    said, _, sum_ = text.strip().rpartition(b" ")
    return Counts(*map(int, said.split())) if sum_ == _sum(said) else None


class Witness:
    """Writes such a file."""

    def __init__(self, path: Path, counts: Counts) -> None:
        self.path = path
        self.counts = counts
        self._file: int | None = None

    def note(self, begun: int = 0, ended: int = 0) -> None:
        """So many attempts more have begun or ended, and are in the store. Written in place, which
        costs next to nothing; where there is no room there is no witness.
        """
        self.counts.begun += begun
        self.counts.ended += ended
        said = " ".join(map(str, self.counts.all)).encode()
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o644)
            os.pwrite(self._file, (said + b" " + _sum(said)).ljust(SIZE), 0)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


class Witnesses:
    """The witnesses of the studies that run in one store, by their keys."""

    def __init__(self) -> None:
        self._open: dict[int, Witness] = {}

    @contextmanager
    def watching(self, store: Counted, name: str) -> Iterator[None]:
        """Notes meanwhile how far a study comes."""
        found = store.find(name)
        if store.path is None or found is None:
            yield
            return
        key = found[0]
        witness = self._open[key] = Witness(counted(store.path, name), store.count(key))
        try:
            witness.note()
            yield
        finally:
            del self._open[key]
            witness.close()

    def add(self, keys: Iterable[int]) -> None:
        """A proposal of each of these studies is in the store; noted with what comes next."""
        for key in keys:
            if key in self._open:
                self._open[key].counts.proposed += 1

    def note(self, key: int, begun: int = 0, ended: int = 0) -> None:
        if key in self._open:
            self._open[key].note(begun, ended)

    def recount(self, key: int, counts: Counts) -> None:
        if key in self._open:
            self._open[key].counts = counts


def _of(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _sum(said: bytes) -> bytes:
    return f"{crc32(said):08x}".encode()


def missing(stores: Sequence[tuple[str, Counts, Counts | None]]) -> str:
    """What several studies lack: their names, what they have, what was told of them."""
    lacks = [(name, found.lacks(told)) for name, found, told in stores]
    return "; ".join(f"study {name!r} lacks its last {text}" for name, text in lacks if text)
