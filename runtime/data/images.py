"""A folder of pictures, one folder per class: `images("flowers", size=[64, 64])`; needs the extra
`images`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..errors import DataError
from ..lazy import Array, np
from .assemble import FLOAT, dataset
from .dataset import SPLITS, Column, Dataset
from .encoders import ImageEncoder, chunks, moments
from .guard import Checksum, check_memory, find_folder
from .picture import Pictures, list_pictures, pictures_size
from .source import SplitSource
from .split import Rows, deal, deal_training
from .transform import Target, Transform

Columns = dict[str, dict[str, Column]]
MOST_FITTED = 20_000
"""When streaming, at most so many training images, evenly spread, are read to learn the mean and
deviation."""


@dataclass(frozen=True)
class Images(SplitSource):
    """f32 [N, C, height, width] of every picture in `folder/<class>/`, classes in the order of
    their names.

    `size` is [height, width] or one number for both; without it all pictures must have the same
    size. `fit` says how a picture of another shape gets there: `stretch` it, or `crop` its middle.
    A folder with `train` and `test` inside (and `validation` or `val`) keeps that split. `stream`
    reads batches from disk instead of holding all in memory.
    """

    path: str
    size: tuple[int, ...] = ()
    color: Literal["rgb", "grey"] = "rgb"
    fit: Literal["stretch", "crop"] = "stretch"
    normalize: bool = True
    stream: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(len(self.size) <= 2, "size", "is [height, width]")
        self.require(all(1 <= side <= 16384 for side in self.size), "size", "is from 1 to 16384")

    def load(self, root: Path) -> Dataset:
        folder = find_folder(self.label, root, self.path)
        parts = _parts(self.label, folder)
        names = _classes(self.label, folder, parts)
        paths, classes = _listed(self.label, parts, names)
        height, width = self._sides(paths)
        channels = 3 if self.color == "rgb" else 1
        if not self.stream:
            needed = len(paths) * channels * height * width * FLOAT
            check_memory(self.label, f"{len(paths)} images", needed, self.limit)
        checksum = Checksum(self.identity())
        for path in paths:
            checksum.add(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape"))
            checksum.add_file(path)
        rows = self._rows(parts, classes)
        plain = ImageEncoder(channels, height, width, fit=self.fit)
        pictures = Pictures(tuple(paths), plain)
        read = self._streamed if self.stream else self._held
        encoder, inputs = read(pictures, rows)
        targets = {name: {"target": classes[rows[name]]} for name in SPLITS}
        target = Target("target", "classification", len(names), names)
        return dataset(self, Transform({"image": encoder}, target), inputs, targets, checksum)

    def _streamed(self, pictures: Pictures, rows: Rows) -> tuple[ImageEncoder, Columns]:
        train = rows["train"]
        spread = train[:: max(1, -(-len(train) // MOST_FITTED))]
        encoder = self._fitted(pictures, spread, pictures.encoder)
        column = Pictures(pictures.paths, encoder)
        return encoder, {name: {"image": column.only(rows[name])} for name in SPLITS}

    def _held(self, pictures: Pictures, rows: Rows) -> tuple[ImageEncoder, Columns]:
        """Every picture is decoded once; mean and deviation are those of the training rows."""
        values = pictures[np.arange(len(pictures))]
        encoder = self._fitted(values, rows["train"], pictures.encoder)
        encoder.normalised(values)
        return encoder, {name: {"image": values[rows[name]]} for name in SPLITS}

    def _sides(self, paths: Sequence[Path]) -> tuple[int, int]:
        if self.size:
            return self.size[0], self.size[-1]
        return pictures_size(self.label, paths)

    def _fitted(self, values: Column, train: Array, encoder: ImageEncoder) -> ImageEncoder:
        """The encoder with what the training rows of values in 0..1 teach."""
        if not self.normalize or not len(train):
            return encoder
        pieces = (values[rows] for rows in chunks(train, 64))
        mean, std = moments(pieces, encoder.channels, 1.0)
        return replace(encoder, mean=mean, std=std)

    def _rows(self, parts: dict[str, Path], classes: Array) -> Rows:
        if "train" not in parts:
            return deal(self, len(classes), classes)
        counts = {name: sum(1 for _ in _pictures_in(place)) for name, place in parts.items()}
        if "validation" not in parts:
            test = counts.get("test", 0)
            return deal_training(self, len(classes) - test, test, classes)
        starts = np.cumsum([0, *(counts.get(name, 0) for name in SPLITS)])
        ranges = zip(starts[:-1], starts[1:], strict=True)
        return {
            name: np.arange(first, last, dtype=np.int64)
            for name, (first, last) in zip(SPLITS, ranges, strict=True)
        }


def _parts(label: str, folder: Path) -> dict[str, Path]:
    """The folders of a ready split by its name, or the folder itself as `all`; in the order of
    SPLITS."""
    if not (folder / "train").is_dir():
        return {"all": folder}
    places = {
        "train": folder / "train",
        "validation": next(
            (folder / n for n in ("validation", "val") if (folder / n).is_dir()), None
        ),
        "test": folder / "test" if (folder / "test").is_dir() else None,
    }
    if places["validation"] is None and places["test"] is None:
        raise DataError(f"{label}: {folder.name} holds `train` but neither `test` nor `validation`")
    return {name: place for name, place in places.items() if place is not None}


def _folders(place: Path) -> list[Path]:
    return sorted(
        (entry for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith(".")),
        key=lambda entry: entry.name,
    )


def _pictures_in(place: Path) -> list[Path]:
    return [path for folder in _folders(place) for path in list_pictures(folder)]


def _classes(label: str, folder: Path, parts: dict[str, Path]) -> tuple[str, ...]:
    """The class folders of the training part; others must not bring more."""
    first = next(iter(parts.values()))
    names = tuple(entry.name for entry in _folders(first))
    if not names:
        raise DataError(
            f"{label}: {folder.name} holds no folders",
            "put the pictures of each class in one folder",
        )
    for place in parts.values():
        more = [entry.name for entry in _folders(place) if entry.name not in names]
        if more:
            raise DataError(f"{label}: {place.name} holds the class `{more[0]}`, training does not")
    return names


def _listed(label: str, parts: dict[str, Path], names: tuple[str, ...]) -> tuple[list[Path], Array]:
    paths: list[Path] = []
    classes: list[int] = []
    for part, place in parts.items():
        for folder in _folders(place):
            found = list_pictures(folder)
            if not found and part in ("all", "train"):
                raise DataError(
                    f"{label}: the class folder `{folder.name}` holds no pictures",
                    "add some, or remove the folder",
                )
            paths.extend(found)
            classes.extend([names.index(folder.name)] * len(found))
    return paths, np.array(classes, dtype=np.int64)
