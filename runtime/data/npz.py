"""NumPy archives: `npz("signals.npz", inputs=["x"], target="y")`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import DataError
from ..lazy import Array, np
from ..settings import suggestion
from .assemble import FLOAT, class_numbers, dataset, require_trained
from .dataset import SPLITS, Dataset
from .encoders import Encoder, fit_array, fit_images, to_float32
from .guard import Checksum, check_memory, find_file
from .npy import members, read_npz
from .source import SplitSource
from .split import Rows, deal, deal_training
from .transform import Target, Transform

CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Npz(SplitSource):
    """Arrays with the rows on axis 0.

    `inputs` are the arrays the network reads (all but the target, unless named), `target` the one
    it answers. An archive with `x_train`, `y_train`, `x_test`, `y_test` keeps its own test set. u8
    arrays of rank 3 or 4 are images, [N, H, W], [N, C, H, W] or [N, H, W, C]; other whole numbers
    are tokens. `task` decides what `auto` reads off the target: whole numbers or texts [N] are
    classes, [N, T] a class at every position, real ones are regressed. `missing` says what to do
    about nan: `error`, `mean` (of the training rows) or `drop` (the row).
    """

    path: str
    target: str = "y"
    inputs: tuple[str, ...] = ()
    task: Literal["auto", "classification", "regression", "sequence"] = "auto"
    missing: Literal["error", "mean", "drop"] = "error"
    normalize: bool = True

    def load(self, root: Path) -> Dataset:
        path = find_file(self.label, root, self.path)
        checksum = Checksum(self.identity()).add_file(path)
        names = tuple(members(self.label, path))
        if {"x_train", "y_train", "x_test", "y_test"} <= set(names):
            return self._parted(path, checksum)
        inputs = self.inputs or tuple(name for name in names if name != self.target)
        for name in (*inputs, self.target):
            self._require_array(name, names)
        if not inputs:
            raise DataError(f"{self.label}: {path.name} holds no array besides `{self.target}`")
        arrays = read_npz(self.label, path, dict.fromkeys((*inputs, self.target)), self.limit)
        count = _common_length(self.label, arrays)
        kept = self._kept(arrays, count, self.target)
        answers, target = self._answers(arrays[self.target])
        classes = answers[kept] if target.task == "classification" else None
        rows = {name: kept[part] for name, part in deal(self, len(kept), classes).items()}
        return self._finish(
            {name: arrays[name] for name in inputs}, answers, target, rows, checksum
        )

    def _parted(self, path: Path, checksum: Checksum) -> Dataset:
        """The layout of Keras' archives: training and test rows in arrays of their own."""
        parts = read_npz(self.label, path, ("x_train", "y_train", "x_test", "y_test"), self.limit)
        for kind in "xy":
            first, second = parts[f"{kind}_train"], parts[f"{kind}_test"]
            if first.shape[1:] != second.shape[1:] or first.dtype != second.dtype:
                raise DataError(
                    f"{self.label}: `{kind}_train` and `{kind}_test` differ in shape or type"
                )
        arrays = {
            kind: np.concatenate((parts[f"{kind}_train"], parts[f"{kind}_test"])) for kind in "xy"
        }
        _common_length(self.label, {name: parts[name] for name in ("x_train", "y_train")})
        count = _common_length(self.label, arrays)
        train = len(parts["x_train"])
        kept = self._kept(arrays, count, "y")
        answers, target = self._answers(arrays["y"])
        classes = answers if target.task == "classification" else np.zeros(count, dtype=np.int64)
        dealt = deal_training(self, train, count - train, classes)
        rows = {name: part[np.isin(part, kept)] for name, part in dealt.items()}
        return self._finish({"x": arrays["x"]}, answers, target, rows, checksum)

    def _require_array(self, name: str, names: tuple[str, ...]) -> None:
        if name not in names:
            setting = "target" if name == self.target else "inputs"
            raise DataError(
                f"{self.label}: there is no array `{name}`", suggestion(name, names), setting
            )

    def _kept(self, arrays: Mapping[str, Array], count: int, answer: str) -> Array:
        """The rows that are used: those without nan, where `missing` is not `mean`."""
        holes = np.zeros(count, dtype=bool)
        for name, values in arrays.items():
            if values.dtype.kind != "f":
                continue
            wrong = ~np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
            filled = self.missing == "mean" and name != answer
            if wrong.any() and self.missing != "drop" and not filled:
                raise DataError(
                    f"{self.label}: `{name}` holds nan or infinity in {int(wrong.sum())} rows,"
                    f" first in row {int(np.argmax(wrong))}",
                    'write missing="drop" to leave such rows out, or missing="mean" for an input',
                    "missing",
                )
            holes |= wrong if self.missing == "drop" else False
        return np.flatnonzero(~holes)

    def _answers(self, values: Array) -> tuple[Array, Target]:
        task = _task(values) if self.task == "auto" else self.task
        if task == "regression":
            numbers = to_float32(values, self.target) if values.dtype.kind in "biuf" else None
            if numbers is None:
                raise DataError(
                    f"{self.label}: `{self.target}` holds texts, which cannot be regressed"
                )
            numbers = numbers[:, None] if numbers.ndim == 1 else numbers
            return numbers, Target(self.target, "regression", shape=numbers.shape[1:])
        if task == "sequence":
            return self._sequence(values)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 1:
            raise DataError(
                f"{self.label}: `{self.target}` has the shape {list(values.shape)}, classes"
                " need [N]",
                'give class numbers instead of one-hot rows, or write task="regression"',
                "target",
            )
        codes, names = class_numbers(values)
        return codes, Target(self.target, "classification", len(names), names)

    def _sequence(self, values: Array) -> tuple[Array, Target]:
        whole = values.dtype.kind in "iu" and values.ndim == 2
        if not whole or int(values.min(initial=0)) < 0:
            raise DataError(
                f"{self.label}: `{self.target}` is {values.dtype} {list(values.shape)}",
                "a sequence needs class numbers from 0 of the shape [N, T]",
                "target",
            )
        classes = int(values.max(initial=0)) + 1
        return values.astype(np.int64), Target(self.target, "sequence", classes)

    def _finish(
        self,
        arrays: Mapping[str, Array],
        answers: Array,
        target: Target,
        rows: Rows,
        checksum: Checksum,
    ) -> Dataset:
        needed = sum(values.size for values in arrays.values()) * FLOAT
        check_memory(self.label, "the inputs as f32", needed, self.limit)
        require_trained(self.label, answers, target, rows)
        encoders: dict[str, Encoder] = {}
        encoded: dict[str, Array] = {}
        for name, values in arrays.items():
            encoders[name], encoded[name] = self._encoded(values, rows["train"])
        inputs = {
            split: {name: values[rows[split]] for name, values in encoded.items()}
            for split in SPLITS
        }
        targets = {split: {"target": answers[rows[split]]} for split in SPLITS}
        return dataset(self, Transform(encoders, target), inputs, targets, checksum)

    def _encoded(self, values: Array, train: Array) -> tuple[Encoder, Array]:
        if values.dtype == np.uint8 and values.ndim in (3, 4):
            pixels = values[:, None] if values.ndim == 3 else values
            if pixels.shape[1] not in CHANNELS and pixels.shape[-1] in CHANNELS:
                pixels = np.moveaxis(pixels, -1, 1)
            images = fit_images(pixels, train, 255.0, self.normalize)
            return images, images.encode(pixels)
        if values.dtype.kind == "f":
            values = filled(values, train)
        encoder = fit_array(values, train, self.normalize)
        return encoder, encoder.encode(values)


def filled(values: Array, train: Array) -> Array:
    """nan and infinity replaced by the mean of their column (axes 1 onwards) over the training
    rows."""
    whole = np.isfinite(values)
    if whole.all():
        return values
    known = whole[train]
    total = np.where(known, values[train], 0.0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(known.sum(axis=0), 1)
    return np.where(whole, values, mean.astype(values.dtype))


def _task(values: Array) -> Literal["classification", "regression", "sequence"]:
    if values.dtype.kind not in "biuU":
        return "regression"
    return "sequence" if values.ndim == 2 and values.shape[1] > 1 else "classification"


def _common_length(label: str, arrays: Mapping[str, Array]) -> int:
    lengths = {name: len(values) if values.ndim else -1 for name, values in arrays.items()}
    if len(set(lengths.values())) > 1 or -1 in lengths.values():
        counted = ", ".join(f"`{name}` {list(arrays[name].shape)}" for name in arrays)
        raise DataError(
            f"{label}: the arrays differ in their rows: {counted}", "axis 0 counts the rows"
        )
    return next(iter(lengths.values()))
