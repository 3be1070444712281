"""The binary files of CIFAR-10 and CIFAR-100: label bytes, then 3072 bytes of a 32x32 colour image.

Comes in: a folder and which label byte counts. Goes out: a Dataset. The pickled form is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from ..lazy import Array, np
from .assemble import FLOAT, image_dataset
from .dataset import Dataset
from .guard import Checksum, check_memory, find_folder
from .source import SplitSource
from .split import deal_training

PIXELS = 3 * 32 * 32
LONGEST_NAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files are laid out: `labels` bytes before each image, of which `chosen` counts."""

    train: tuple[str, ...]
    test: str
    names: str
    labels: int
    chosen: int
    classes: int


def load_cifar(
    source: SplitSource, root: Path, path: str, layout: Layout, normalize: bool
) -> Dataset:
    """f32 [N, 3, 32, 32] with the files' own test set; `validation` is a share of the training
    images."""
    folder = _folder(source.label, find_folder(source.label, root, path), layout)
    files = [folder / name for name in (*layout.train, layout.test)]
    record = layout.labels + PIXELS
    counts = [_count(source.label, file, record) for file in files]
    check_memory(source.label, "the images as f32", sum(counts) * PIXELS * FLOAT, source.limit)
    checksum = Checksum(source.identity())
    pieces = []
    for file in files:
        content = file.read_bytes()
        checksum.add(content)
        pieces.append(np.frombuffer(content, dtype=np.uint8).reshape(-1, record))
    records = np.concatenate(pieces)
    classes = _classes(source.label, records[:, layout.chosen], layout.classes, files, counts)
    pixels = records[:, layout.labels :].reshape(-1, 3, 32, 32)
    test = counts[-1]
    rows = deal_training(source, len(records) - test, test, classes)
    names = _names(source.label, folder / layout.names, layout.classes)
    return image_dataset(source, pixels, classes, rows, names, checksum, normalize=normalize)


def _folder(label: str, folder: Path, layout: Layout) -> Path:
    """The folder itself, or the one that the published archive unpacks to."""
    places = [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]
    for place in places:
        if all((place / name).is_file() for name in (*layout.train, layout.test)):
            return place
    if any(
        place.glob("data_batch_[0-9]") for place in places if any(place.glob("data_batch_[0-9]"))
    ):
        raise DataError(
            f"{label}: {folder.name} holds the pickled version, which is never read: it can"
            " run code",
            "fetch the binary version (cifar-10-binary.tar.gz)",
        )
    missing = next(name for name in (*layout.train, layout.test) if not (folder / name).is_file())
    raise DataError(
        f"{label}: {folder.name} holds no {missing}",
        f"the binary version has {', '.join((*layout.train, layout.test))}",
    )


def _count(label: str, file: Path, record: int) -> int:
    size = file.stat().st_size
    if size == 0 or size % record:
        raise DataError(
            f"{label}: {file.name} has {size} bytes, which is no multiple of {record}, the"
            " bytes of one image",
            "the file is cut off, or not the binary version: fetch it again",
        )
    return size // record


def _classes(label: str, found: Array, classes: int, files: list[Path], counts: list[int]) -> Array:
    wrong = np.flatnonzero(found >= classes)
    if len(wrong):
        file = int(np.searchsorted(np.cumsum(counts), wrong[0], side="right"))
        raise DataError(
            f"{label}: {files[file].name} holds the label {int(found[wrong[0]])}, there are"
            f" {classes} classes",
            "the file is damaged, or of another data set",
        )
    return found.astype(np.int64)


def _names(label: str, path: Path, classes: int) -> tuple[str, ...]:
    """The names in the text file beside the data; numbers, where it is not there."""
    if not path.is_file() or path.stat().st_size > LONGEST_NAMES:
        return tuple(str(number) for number in range(classes))
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) != classes or len(set(names)) != classes:
        raise DataError(f"{label}: {path.name} holds {len(names)} names for {classes} classes")
    return names
