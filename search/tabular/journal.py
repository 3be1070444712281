"""What is written while a table is made: a line for each training, as soon as it is over.

Comes in: records as plain data. Goes out: the same, after whatever; a line that was torn or damaged
is left out, so that its training is made again. The first line says what the table is of.
"""

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import SearchError

Record = Mapping[str, Any]


class Journal:
    """A file of records that grows. Raises SearchError for a file that records something else."""

    def __init__(self, path: Path, head: Record) -> None:
        self.path = path
        self.records: list[dict[str, Any]] = []
        self.damaged = 0
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        found = [record for record in map(self._read, lines) if record is not None]
        if found and found[0] != json.loads(json.dumps(head)):
            changed = ", ".join(key for key in head if found[0].get(key) != head[key])
            raise SearchError(
                f"{path} was begun with another {changed or 'table'}",
                "move it away, or give the table another name",
            )
        self.records = found[1:]
        self._file = path.open("ab")
        if lines and lines[-1]:
            self._file.write(b"\n")  # what was torn stays a line of its own
        if not found:
            self._write(head)

    def add(self, record: Record) -> None:
        """Keeps a record: it is on the disk when this returns."""
        self._write(record)

    def close(self) -> None:
        self._file.close()

    def _write(self, record: Record) -> None:
        text = json.dumps(record).encode()
        self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, line: bytes) -> dict[str, Any] | None:
        check, _, text = line.partition(b" ")
        if not line:
            return None
        if check != b"%08x" % zlib.crc32(text):
            self.damaged += 1
            return None
        record: dict[str, Any] = json.loads(text)
        return record
