"""Raw values to arrays: images, plain arrays and text.

Comes in: raw values of one input (any number of rows) and what was fitted on the training split
(the fields). Goes out: float32 or int64 arrays with the rows on axis 0. Encoders are pure, hold
only plain values, and refuse what does not fit with a DataError that says which shape they want.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from ..errors import DataError
from ..lazy import Array, np
from ..settings import configure

ASCII = 128
UNKNOWN_ASCII = 26
"""The id of every character beyond ASCII: that of SUBSTITUTE, which text does not hold."""

Fit = Literal["stretch", "crop"]
CHUNK = 4096


@dataclass(frozen=True)
class Encoder(ABC):
    """Base: the fields are what was learned, `encode` applies it."""

    @abstractmethod
    def encode(self, raw: Any) -> Array:
        """Raw values as the network reads them. Raises DataError where they do not fit."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """The encoder of these fields, each checked."""
        return configure(cls, "data transform", fields)


@dataclass(frozen=True)
class ImageEncoder(Encoder):
    """Images as f32 [N, channels, height, width]: divided by `scale`, then normalised per channel.

    `fit` says how a picture of another size is brought to this one.
    Integers are raw pixels from 0 to `scale`; floats are taken as divided already, from 0 to 1.
    """

    channels: int
    height: int
    width: int
    scale: float = 255.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    fit: Fit = "stretch"

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    def encode(self, raw: Any) -> Array:
        pixels = self._arranged(_numbers(raw, "images"))
        whole = np.issubdtype(pixels.dtype, np.integer) or pixels.dtype == bool
        scale = self.scale if whole else 1.0
        top = float(pixels.max(initial=0))
        if top > scale or float(pixels.min(initial=0)) < 0:
            raise DataError(
                f"images hold values from {pixels.min()} to {pixels.max()}",
                f"give whole numbers from 0 to {self.scale:g}, or real ones from 0 to 1",
            )
        return self.normalised(pixels.astype(np.float32) / np.float32(scale))

    def normalised(self, images: Array) -> Array:
        """Applies mean and deviation, in place, to f32 [N, C, H, W] in 0..1."""
        if self.mean:
            images -= np.array(self.mean, dtype=np.float32)[:, None, None]
            images /= np.array(self.std, dtype=np.float32)[:, None, None]
        return images

    def _arranged(self, pixels: Array) -> Array:
        """The same pixels as [N, C, H, W], from any usual order that is not ambiguous."""
        channels, height, width = self.shape
        shape = pixels.shape
        if shape[1:] == self.shape:
            return pixels
        if shape[1:] == (height, width, channels):
            return np.moveaxis(pixels, -1, 1)
        if shape in (self.shape, (height, width)) and (channels == 1 or len(shape) == 3):
            return pixels.reshape(1, *self.shape)
        if shape == (height, width, channels):
            return np.moveaxis(pixels, -1, 0)[None]
        flat = (channels * height * width,)
        if shape[1:] == flat or (channels == 1 and shape[1:] == (height, width)):
            return pixels.reshape(-1, *self.shape)
        raise DataError(
            f"images have the shape {list(shape)}",
            f"the network was trained on [N, {channels}, {height}, {width}]",
        )


def fit_images(pixels: Any, rows: Array, scale: float, normalize: bool) -> ImageEncoder:
    """Learns the mean and deviation of each channel from `rows` (training rows) of pixels [N, C,
    H, W]."""
    channels, height, width = pixels.shape[1:]
    if not normalize or not len(rows):
        return ImageEncoder(channels, height, width, scale)
    mean, std = moments((pixels[chunk] for chunk in chunks(rows)), channels, scale)
    return ImageEncoder(channels, height, width, scale, mean, std)


def chunks(rows: Array, size: int = CHUNK) -> list[Array]:
    """The rows in pieces that are small enough to be widened to float64."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def moments(
    pieces: Any, channels: int, scale: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation per channel (axis 1) over pieces [n, C, H, W], each divided by `scale`."""
    count, total, squares = 0, np.zeros(channels), np.zeros(channels)
    for piece in pieces:
        values = piece.astype(np.float64) / scale
        count += values.size // channels
        total += values.sum(axis=(0, 2, 3))
        squares += np.square(values).sum(axis=(0, 2, 3))
    mean = total / max(count, 1)
    variance = np.maximum(squares / max(count, 1) - mean**2, 0)
    return floats(mean), floats(safe(np.sqrt(variance)))


def floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in np.atleast_1d(values))


def safe(deviation: Array) -> Array:
    """Deviations to divide by: a constant column stays at zero instead of becoming infinite."""
    return np.where(deviation > 1e-6, deviation, 1.0)


@dataclass(frozen=True)
class ArrayEncoder(Encoder):
    """Plain arrays [N, *shape]: floats as f32, normalised along `axis` (-1: as one); whole numbers
    as i64 tokens."""

    shape: tuple[int, ...]
    tokens: bool = False
    axis: int = -1
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def encode(self, raw: Any) -> Array:
        values = _numbers(raw, "an array")
        if values.shape == self.shape:
            values = values[None]
        free = self.tokens and len(self.shape) == 1 == values.ndim - 1
        if values.shape[1:] != self.shape and not free:
            raise DataError(
                f"an input has the shape {list(values.shape)}",
                f"the network was trained on [{', '.join(('N', *map(str, self.shape)))}]",
            )
        if self.tokens:
            return _tokens(values)
        if self.mean:
            # In the precision of the input: f64 values far from zero would lose their digits as
            # f32.
            values = (values - self._along(self.mean)) / self._along(self.std)
        return to_float32(values, "an input")

    def _along(self, statistics: tuple[float, ...]) -> Array:
        if self.axis < 0:
            return np.array(statistics)
        shape = [1] * (len(self.shape) + 1)
        shape[self.axis] = len(statistics)
        return np.array(statistics).reshape(shape)


def fit_array(values: Array, rows: Array, normalize: bool) -> ArrayEncoder:
    """Learns from the training rows of values [N, ...].

    Normalised are [N, F] per column, [N, T, D] per feature, [N, C, H, W] per channel, whole
    numbers not at all.
    """
    shape = values.shape[1:]
    if not np.issubdtype(values.dtype, np.floating):
        return ArrayEncoder(shape, tokens=True)
    if not normalize or not len(rows):
        return ArrayEncoder(shape)
    axis = {2: 1, 3: 2, 4: 1}.get(values.ndim, -1)
    others = tuple(number for number in range(values.ndim) if number != axis)
    kept = values[rows].astype(np.float64)
    mean, deviation = kept.mean(axis=others), kept.std(axis=others)
    return ArrayEncoder(shape, False, axis, floats(mean), floats(safe(deviation)))


@dataclass(frozen=True)
class TextEncoder(Encoder):
    """Characters as i64 ids [N, T].

    With no `characters` the id of an ASCII character is its code, 0 to 127, and every other
    character is 26: nothing is learned, and `embedding(128)` always fits. Otherwise id 0 is any
    unknown character and 1 onwards are these.
    """

    characters: str = ""

    @property
    def size(self) -> int:
        return len(self.characters) + 1 if self.characters else ASCII

    def encode(self, raw: Any) -> Array:
        """A text gives [1, T]; a list of equally long texts [N, T]."""
        texts = [raw] if isinstance(raw, str) else list(raw)
        if (
            not all(isinstance(text, str) for text in texts)
            or len({len(text) for text in texts}) > 1
        ):
            raise DataError("texts of one batch differ in length", "give them one by one")
        rows = [self.ids(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.int64)

    def ids(self, text: str) -> Array:
        """The ids of one text, i64 [T]."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        if not self.characters:
            return np.where(points < ASCII, points, UNKNOWN_ASCII).astype(np.int64)
        known = np.array(sorted(map(ord, self.characters)), dtype=np.uint32)
        found = np.minimum(np.searchsorted(known, points), len(known) - 1)
        return np.where(known[found] == points, found + 1, 0).astype(np.int64)

    def decode(self, ids: Array) -> str:
        """The text of some ids; an unknown character reads as U+FFFD."""
        alphabet = "\ufffd" + "".join(sorted(self.characters)) if self.characters else _ASCII_TEXT
        return "".join(alphabet[number] for number in np.asarray(ids).ravel().tolist())


_ASCII_TEXT = "".join("\ufffd" if code == UNKNOWN_ASCII else chr(code) for code in range(ASCII))


def to_float32(values: Array, what: str) -> Array:
    """f32; raises DataError for numbers beyond its range."""
    with np.errstate(over="ignore"):
        narrowed: Array = values.astype(np.float32)
    if not np.isfinite(narrowed).all():
        raise DataError(f"{what} holds numbers beyond the range of f32", "scale them first")
    return narrowed


def _numbers(raw: Any, what: str) -> Array:
    try:
        values = np.asarray(raw)
    except ValueError as error:
        raise DataError(f"{what} cannot be read as numbers: {error}") from None
    if values.dtype.kind not in "biuf":
        raise DataError(f"{what} must hold numbers, not {values.dtype}", "convert it before saving")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(f"{what} holds nan or infinity", "remove or replace those values")
    return values


def _tokens(values: Array) -> Array:
    if values.dtype.kind == "f":
        raise DataError("an input holds real numbers", "the network was trained on whole ones")
    return values.astype(np.int64)
