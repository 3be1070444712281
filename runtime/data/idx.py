"""MNIST's format: `idx("mnist")`, a folder with the four files, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import DataError
from ..lazy import Array, np
from .assemble import FLOAT, class_numbers, image_dataset
from .dataset import Dataset
from .guard import DEFLATE_RATIO, Checksum, check_memory, find_folder
from .source import SplitSource
from .split import deal_training

BYTES = 8
"""The type code of unsigned bytes, the third byte of the file."""
PIECE = 1 << 24


@dataclass(frozen=True)
class Idx(SplitSource):
    """Images f32 [N, 1, H, W] with the file's own test set; `validation` is a share of the
    training images.

    The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    `t10k-labels-idx1-ubyte`, also with `.` for `-` before idx and with `.gz`.
    """

    path: str
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        folder = find_folder(self.label, root, self.path)
        files = {
            (part, kind): _file(self.label, folder, f"{part}-{kind}", rank)
            for part in ("train", "t10k")
            for kind, rank in (("images", 3), ("labels", 1))
        }
        checksum = Checksum(self.identity())
        for path in files.values():
            checksum.add_file(path)
        arrays = {key: read_idx(self.label, path, self.limit) for key, path in files.items()}
        for part in ("train", "t10k"):
            _require_pair(self.label, part, arrays[part, "images"], arrays[part, "labels"])
        train, test = arrays["train", "images"], arrays["t10k", "images"]
        if train.shape[1:] != test.shape[1:]:
            raise DataError(
                f"{self.label}: training images are {list(train.shape[1:])}, test images"
                f" {list(test.shape[1:])}"
            )
        check_memory(self.label, "the images as f32", (train.size + test.size) * FLOAT, self.limit)
        labels = np.concatenate([arrays["train", "labels"], arrays["t10k", "labels"]])
        classes, names = class_numbers(labels)
        rows = deal_training(self, len(train), len(test), classes)
        pixels = np.concatenate([train, test])[:, None]
        return image_dataset(self, pixels, classes, rows, names, checksum, normalize=self.normalize)


def _require_pair(label: str, part: str, images: Array, labels: Array) -> None:
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"{label}: {part} holds images {list(images.shape)} and labels {list(labels.shape)}",
            "images are [N, H, W], labels [N]; are the files swapped?",
        )


def _file(label: str, folder: Path, stem: str, rank: int) -> Path:
    names = [f"{stem}{dot}idx{rank}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DataError(
            f"{label}: {folder.name} holds no {names[0]}",
            f"any of these will do: {', '.join(names)}",
        )
    return found


def read_idx(label: str, path: Path, limit: int) -> Array:
    """One file as u8. The header is held against the file's size before memory is taken."""
    packed = path.suffix == ".gz"
    size = path.stat().st_size
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            shape = _shape(label, path, file)
            count = math.prod(shape)
            room = size * DEFLATE_RATIO if packed else size - 4 - 4 * len(shape)
            if count > room if packed else count != room:
                raise _mismatch(label, path, shape, f"the file has room for {room}")
            check_memory(label, path.name, count, limit)
            content = _read(file, count + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{label}: {path.name} is cut off or damaged: {error}", "fetch it again"
        ) from None
    if len(content) != count:
        held = "more" if len(content) > count else str(len(content))
        raise _mismatch(label, path, shape, f"the file holds {held}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read(file: IO[bytes] | gzip.GzipFile, count: int) -> bytes:
    """Up to `count` bytes, piece by piece: memory grows with what is there, not with what was
    promised."""
    pieces: list[bytes] = []
    while count > 0 and (piece := file.read(min(count, PIECE))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _shape(label: str, path: Path, file: IO[bytes] | gzip.GzipFile) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != BYTES or not 1 <= magic[3] <= 3:
        raise DataError(
            f"{label}: {path.name} begins with {magic.hex(' ') or 'nothing'}, which is not the"
            " start of an idx file",
            "it should begin with 00 00 08 03 (images) or 00 00 08 01 (labels)",
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{label}: {path.name} ends inside its header", "fetch it again")
    return tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))


def _mismatch(label: str, path: Path, shape: Sequence[int], held: str) -> DataError:
    return DataError(
        f"{label}: the header of {path.name} promises {list(shape)}, {math.prod(shape)} bytes,"
        f" but {held}",
        "the file is cut off or damaged: fetch it again",
    )
