"""Tasks made from a seed: `synthetic("parity", n=4096, length=16)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ..lazy import Array, np
from .assemble import dataset
from .dataset import SPLITS, Dataset
from .encoders import ArrayEncoder
from .guard import Checksum, check_memory
from .source import SplitSource
from .split import deal
from .transform import Target, Transform

SYMBOLS = 8
"""Of copy and reverse: ids 1 to 8; 0 is blank and 9 asks for the answer."""
Task = Literal["parity", "spirals", "copy", "reverse", "sine", "adding"]
Made = tuple[Array, Array, Target]


@dataclass(frozen=True)
class Synthetic(SplitSource):
    """`n` examples of a family; `length` is that of a sequence, `noise` its disturbance, `classes`
    counts spirals.

    parity: bits f32 [N, length] -> is their number odd? spirals: points f32 [N, 2] -> which arm.
    copy, reverse: tokens i64 [N, 2 * length + 1] -> the symbols again, after the mark, a class at
    every position. sine: f32 [N, length, 1], a wave of random frequency and phase -> its next
    value f32 [N, 1]. adding: f32 [N, length, 2], numbers and marks -> the sum of the two marked
    numbers f32 [N, 1].
    """

    task: Task = "parity"
    n: int = 2048
    length: int = 16
    noise: float = 0.05
    classes: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(1 <= self.n <= 10**9, "n", "is from 1 to 10**9")
        self.require(2 <= self.length <= 10**6, "length", "is from 2 to 10**6")
        self.require(self.noise >= 0, "noise", "is not negative")
        self.require(2 <= self.classes <= 1000, "classes", "is from 2 to 1000")

    def load(self, root: Path) -> Dataset:
        check_memory(self.label, "the examples", self.n * (2 * self.length + 1) * 32, self.limit)
        values, answers, target = FAMILIES[self.task](self, Stream(self.seed))
        tokens = values.dtype.kind == "i"
        encoder = ArrayEncoder(values.shape[1:], tokens=tokens)
        rows = deal(self, self.n, answers if target.task == "classification" else None)
        checksum = Checksum(self.identity()).add(values.tobytes()).add(answers.tobytes())
        inputs = {name: {"input": values[part]} for name, part in rows.items()}
        targets = {name: {"target": answers[part]} for name, part in rows.items()}
        assert set(rows) == set(SPLITS)
        return dataset(self, Transform({"input": encoder}, target), inputs, targets, checksum)


class Stream:
    """Random numbers that are the same with every version of numpy: only PCG64's raw stream is
    used. It is another one than that which deals the rows, or the deal would go by what is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._source = np.random.PCG64([seed, 1])

    def uniform(self, *shape: int) -> Array:
        """f64 in 0 to below 1."""
        raw: Array = self._source.random_raw(int(np.prod(shape)))
        values: Array = (raw >> np.uint64(11)).astype(np.float64).reshape(shape)
        scaled: Array = np.ldexp(values, -53)
        return scaled

    def integers(self, top: int, *shape: int) -> Array:
        """i64 from 0 to below `top`."""
        return (self.uniform(*shape) * top).astype(np.int64)

    def normal(self, *shape: int) -> Array:
        """f64 with mean 0 and deviation 1 (Box and Muller)."""
        radius = np.sqrt(-2 * np.log(1 - self.uniform(*shape)))
        drawn: Array = radius * np.cos(2 * np.pi * self.uniform(*shape))
        return drawn


def parity(source: Synthetic, stream: Stream) -> Made:
    bits = stream.integers(2, source.n, source.length)
    target = Target("target", "classification", 2, ("even", "odd"))
    return bits.astype(np.float32), bits.sum(axis=1) % 2, target


def spirals(source: Synthetic, stream: Stream) -> Made:
    arms = np.arange(source.n, dtype=np.int64) % source.classes
    along = np.sqrt(stream.uniform(source.n))
    angle = 3 * np.pi * along + 2 * np.pi * arms / source.classes
    points = along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += source.noise * stream.normal(source.n, 2) * 0.5
    names = tuple(f"arm {number}" for number in range(source.classes))
    target = Target("target", "classification", source.classes, names)
    return points.astype(np.float32), arms, target


def copy(source: Synthetic, stream: Stream) -> Made:
    return _recalled(source, stream, 1)


def reverse(source: Synthetic, stream: Stream) -> Made:
    return _recalled(source, stream, -1)


def _recalled(source: Synthetic, stream: Stream, direction: int) -> Made:
    symbols = 1 + stream.integers(SYMBOLS, source.n, source.length)
    blank = np.zeros_like(symbols)
    mark = np.full((source.n, 1), SYMBOLS + 1, dtype=np.int64)
    shown = np.concatenate([symbols, mark, blank], axis=1)
    wanted = np.concatenate([blank, blank[:, :1], symbols[:, ::direction]], axis=1)
    return shown, wanted, Target("target", "sequence", SYMBOLS + 2)


def sine(source: Synthetic, stream: Stream) -> Made:
    frequency = 0.1 + 0.4 * stream.uniform(source.n, 1)
    phase = 2 * np.pi * stream.uniform(source.n, 1)
    wave = np.sin(frequency * np.arange(source.length + 1) + phase)
    shown = wave[:, :-1] + source.noise * stream.normal(source.n, source.length)
    target = Target("target", "regression", shape=(1,))
    return shown[:, :, None].astype(np.float32), wave[:, -1:].astype(np.float32), target


def adding(source: Synthetic, stream: Stream) -> Made:
    numbers = stream.uniform(source.n, source.length)
    half = source.length // 2
    rows = np.arange(source.n)
    first = stream.integers(half, source.n)
    second = half + stream.integers(source.length - half, source.n)
    marks = np.zeros_like(numbers)
    marks[rows, first] = marks[rows, second] = 1
    total = numbers[rows, first] + numbers[rows, second]
    target = Target("target", "regression", shape=(1,))
    shown = np.stack([numbers, marks], axis=2)
    return shown.astype(np.float32), total[:, None].astype(np.float32), target


FAMILIES: dict[str, Callable[[Synthetic, Stream], Made]] = {
    family.__name__: family for family in (parity, spirals, copy, reverse, sine, adding)
}
assert set(FAMILIES) == set(get_args(Task))
