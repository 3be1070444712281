"""What every source asks before it reads: does the file exist, will it fit, what is its checksum.

Comes in: paths from a `train` block, sizes from headers. Goes out: resolved paths and a SHA-256,
or a DataError.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import DataError

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
DEFLATE_RATIO = 1032
"""Deflate cannot compress better than this, so a header that promises more is lying."""


def find_file(label: str, root: Path, path: str) -> Path:
    """The file a setting names, relative to `root`."""
    found = _resolve(root, path)
    if found.is_file():
        return found
    if found.is_dir():
        raise DataError(f"{label}: {path!r} is a folder, not a file", "name a file in it", "path")
    raise DataError(f"{label}: there is no file {path!r}", _where(root), "path")


def find_folder(label: str, root: Path, path: str) -> Path:
    """The folder a setting names, relative to `root`."""
    found = _resolve(root, path)
    if found.is_dir():
        return found
    if found.is_file():
        raise DataError(f"{label}: {path!r} is a file, not a folder", "name its folder", "path")
    raise DataError(f"{label}: there is no folder {path!r}", _where(root), "path")


def _resolve(root: Path, path: str) -> Path:
    if not path or "\0" in path:
        raise DataError(f"{path!r} is not a path", "", "path")
    return root / Path(path).expanduser() if path.startswith("~") else root / path


def _where(root: Path) -> str:
    return f"paths are relative to {root.resolve()}"


def check_memory(label: str, what: str, needed: int, limit: int) -> None:
    """Raises DataError where arrays of `needed` bytes would pass the limit."""
    if needed > limit:
        raise DataError(
            f"{label}: {what} would take {readable(needed)} of memory, more than the limit of"
            f" {readable(limit)}",
            f"raise it with limit={needed}, if the file can be trusted",
            "limit",
        )


def readable(size: int) -> str:
    """A number of bytes for people: `4.3 GB`."""
    number = float(size)
    for unit in UNITS:
        if number < 1000 or unit == UNITS[-1]:
            break
        number /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{number:.1f} {unit}"


class Checksum:
    """SHA-256 over the settings that matter and the raw content, in the order of reading."""

    def __init__(self, identity: str) -> None:
        self._digest = hashlib.sha256()
        self.add(identity.encode())

    def add(self, content: bytes | memoryview) -> Checksum:
        # The length goes in first, so that content cannot move from one piece to the next
        # unnoticed.
        view = memoryview(content)
        self._digest.update(view.nbytes.to_bytes(8, "little"))
        self._digest.update(view)
        return self

    def add_file(self, path: Path) -> Checksum:
        with path.open("rb") as file:
            self._digest.update(hashlib.file_digest(file, "sha256").digest())
        return self

    def hex(self) -> str:
        return self._digest.hexdigest()
