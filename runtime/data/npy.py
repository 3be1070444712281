"""Arrays out of `.npy` and `.npz` files of strangers: headers first, memory later, pickles never.

Comes in: a path. Goes out: arrays; or a DataError that names the array at fault.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import DataError
from ..lazy import Array, np
from .guard import DEFLATE_RATIO, check_memory

BROKEN = (
    ValueError,
    EOFError,
    OSError,
    KeyError,
    RuntimeError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One array of an archive, as its header describes it."""

    name: str
    shape: tuple[int, ...]
    dtype: Any

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * int(self.dtype.itemsize)


def members(label: str, path: Path) -> dict[str, Member]:
    """What an `.npz` holds, by name; only headers are read."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
            found = [_member(label, archive, entry) for entry in entries]
    except BROKEN as error:
        raise DataError(
            f"{label}: {path.name} is not a whole .npz file: {error}",
            "save it again with numpy.savez",
        ) from None
    return {member.name: member for member in found}


def _member(label: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    with archive.open(entry) as file:
        member = _header(label, file, entry.filename.removesuffix(".npy"))
        header = file.tell()
    promised = header + member.nbytes
    possible = entry.compress_size * DEFLATE_RATIO + DEFLATE_RATIO
    if promised != entry.file_size or promised > possible:
        raise DataError(
            f"{label}: the header of `{member.name}` promises {list(member.shape)} of"
            f" {member.dtype}"
            f" ({promised} bytes), but there are {entry.file_size}",
            "the file is damaged or forged: save it again",
        )
    return member


def _header(label: str, file: IO[bytes], name: str) -> Member:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise DataError(f"{label}: `{name}` has the .npy version {version}", "save plain numbers")
    if dtype.hasobject:
        raise DataError(
            f"{label}: `{name}` holds Python objects, which are never loaded: they can run code",
            "save it as numbers or fixed-width texts: values.astype(float) or values.astype(str)",
        )
    if any(size < 0 for size in shape):
        raise DataError(f"{label}: `{name}` has the shape {list(shape)}", "the file is damaged")
    return Member(name, tuple(shape), dtype)


def read_npz(label: str, path: Path, names: Iterable[str], limit: int) -> dict[str, Array]:
    """These arrays of an archive, once their sizes together are known to keep within the limit."""
    found = members(label, path)
    wanted = [found[name] for name in names]
    check_memory(label, path.name, sum(member.nbytes for member in wanted), limit)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {member.name: archive[member.name] for member in wanted}
    except BROKEN as error:
        raise DataError(f"{label}: {path.name} is damaged: {error}", "save it again") from None


def map_npy(label: str, path: Path) -> Array:
    """One array, left on disk until its rows are asked for."""
    try:
        with path.open("rb") as file:
            _header(label, file, path.name)
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped
    except BROKEN as error:
        raise DataError(
            f"{label}: {path.name} is not a whole .npy file: {error}", "save it with numpy.save"
        ) from None
