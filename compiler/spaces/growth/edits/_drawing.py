"""Layers drawn for a place: every entry of the vocabulary in turn, as drawn and made to fit."""

from collections.abc import Iterator
from typing import Any

from ....types import TensorType
from ...random import Random
from ..vocabulary import Vocabulary

_ROUNDS = 6


def drawn(vocabulary: Vocabulary, types: tuple[TensorType, ...], random: Random) -> Iterator[Any]:
    """Entries with everything decided. What has a wide range of sizes is tried with those of the
    tensor at hand too: that often is what the layers behind wait for.
    """
    sizes = _sizes(types)
    for _ in range(_ROUNDS):
        for entry in vocabulary.order(random):
            yield vocabulary.draw(entry, random)
            for size in sizes:
                yield vocabulary.draw(entry, random, size)


def _sizes(types: tuple[TensorType, ...]) -> list[int]:
    """The channels, and the last axis."""
    axes = [found.shape[place] for found in types for place in (1, -1) if found.rank > 1]
    return list(dict.fromkeys(size for size in axes if isinstance(size, int)))
