"""From raw arrays to a Dataset: deal, fit on the training rows, encode, guard.

Comes in: raw columns and row numbers per split. Goes out: a Dataset whose arrays are ready for the
network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import DataError
from ..lazy import Array, np
from .dataset import SPLITS, Dataset, Split
from .encoders import fit_images
from .guard import Checksum, check_memory
from .source import Source
from .split import Rows
from .transform import Target, Transform

FLOAT = 4


def image_dataset(
    source: Source,
    pixels: Array,
    classes: Array,
    rows: Rows,
    names: tuple[str, ...],
    checksum: Checksum,
    *,
    scale: float = 255.0,
    normalize: bool = True,
) -> Dataset:
    """A classification of whole-number pixels [N, C, H, W] with classes i64 [N] into `names`."""
    check_memory(source.label, "the images as f32", pixels.size * FLOAT, source.limit)
    encoder = fit_images(pixels, rows["train"], scale, normalize)
    target = Target("target", "classification", len(names), names)
    require_trained(source.label, classes, target, rows)
    inputs = {name: {"image": encoder.encode(pixels[rows[name]])} for name in SPLITS}
    targets = {name: {"target": classes[rows[name]]} for name in SPLITS}
    return dataset(source, Transform({"image": encoder}, target), inputs, targets, checksum)


def dataset(
    source: Source,
    transform: Transform,
    inputs: Mapping[str, Mapping[str, Any]],
    targets: Mapping[str, Mapping[str, Any]],
    checksum: Checksum,
) -> Dataset:
    """The Dataset of columns by split and name."""
    splits = {name: Split(dict(inputs[name]), dict(targets[name])) for name in SPLITS}
    return Dataset(source.label, splits, transform, checksum.hex())


def class_numbers(values: Array) -> tuple[Array, tuple[str, ...]]:
    """Whole-number classes as indices i64, with their names: the numbers in order."""
    distinct, indices = np.unique(values, return_inverse=True)
    return indices.astype(np.int64).reshape(-1), tuple(str(value) for value in distinct.tolist())


def require_trained(label: str, answers: Array, target: Target, rows: Rows) -> None:
    """Raises DataError for a class that is tested but never trained on."""
    if target.task != "classification":
        return
    trained = set(np.unique(answers[rows["train"]]).tolist())
    for name in ("validation", "test"):
        unseen = set(np.unique(answers[rows[name]]).tolist()) - trained
        if unseen:
            raise DataError(
                f"{label}: the class {target.name_of(min(unseen))!r} occurs in {name} but not"
                " in training",
                "write stratify=true, use another seed, or give more rows of it",
                "stratify",
            )
