"""Random numbers by position: the n-th number of a stream depends on nothing but the seed, the keys
and n.

Equal seeds give equal programs on any number of workers and any platform: integers alone, no global
state. The mixing function is splitmix64's (Steele, Lea and Flood 2014).
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import exp, log
from operator import index
from typing import SupportsIndex

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UNIT = 1.0 / (1 << 53)


def _mix(value: int) -> int:
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
    return value ^ (value >> 31)


@lru_cache(maxsize=64)
def _begun(seed: int) -> int:
    return _mix(seed & _MASK)


def _whole(seed: SupportsIndex) -> int:
    """A seed of another type, such as NumPy's, whose numbers overflow. Raises TypeError."""
    try:
        return index(seed)
    except TypeError:
        raise TypeError(f"a seed is a whole number, not {seed!r}") from None


class Random:
    """A stream for a seed and further keys, such as the number of a sample."""

    __slots__ = ("_key", "_state")

    def __init__(self, seed: SupportsIndex, *keys: int) -> None:
        state = _begun(seed if type(seed) is int else _whole(seed))
        for key in keys:
            state = _mix((state + _GOLDEN * (2 * (key & _MASK) + 1)) & _MASK)
        self._state = state
        self._key = _mix(state ^ _MASK)

    def bits(self) -> int:
        """64 random bits."""
        self._state = (self._state + _GOLDEN) & _MASK
        return _mix(self._state)

    def real(self) -> float:
        """A number from 0 to 1, 1 excluded."""
        return (self.bits() >> 11) * _UNIT

    def at(self, depth: int, attempt: int = 0) -> float:
        """The number from 0 to 1 at a place of its own: whatever else was drawn, it is the same."""
        value = (self._key + _GOLDEN * (depth + (attempt << 40))) & _MASK
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
        return ((value ^ (value >> 31)) >> 11) * _UNIT

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1, every one equally likely, of any length."""
        words = (count.bit_length() + 63) // 64
        top = 1 << (64 * words)
        while True:
            value = 0
            for _ in range(words):
                value = value << 64 | self.bits()
            if value < top - top % count:
                return value % count

    def between(self, low: float, high: float, *, logarithmic: bool = False) -> float:
        """A real number; with `logarithmic` its logarithm is uniform."""
        return scaled(self.real(), low, high, logarithmic=logarithmic)

    def pick(self, cumulative: Sequence[float]) -> int:
        """A position, each as likely as its share of the cumulative weights."""
        return min(bisect_right(cumulative, self.real() * cumulative[-1]), len(cumulative) - 1)


def cumulate(weights: Sequence[float]) -> list[float]:
    return list(accumulate(weights))


def scaled(number: float, low: float, high: float, *, logarithmic: bool = False) -> float:
    """The real number at a part of a range, given from 0 to 1, to eight digits: so programs read
    well, and platforms whose logarithms differ in the last place give the same ones.
    """
    if logarithmic:
        found = exp(log(low) + (log(high) - log(low)) * number)
    else:
        found = low + (high - low) * number
    return min(high, max(low, float(f"{found:.8g}")))
