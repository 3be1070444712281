"""How much each choice matters: the part of the scores' variance that it explains by itself.

Comes in: for each trial what was chosen, and its score. Goes out: a share from 0 to 1 for each
choice. Choices are looked at one by one, so what two of them do together counts for neither.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

ABSENT = "(not there)"
BINS = 5
LEAST = 10
"""Trials below which nothing is said."""


def importance(trials: Sequence[Mapping[str, Any]], scores: Sequence[float]) -> dict[str, float]:
    """The shares by choice, the largest first; empty for fewer than 10 trials or equal scores.

    Omega squared of a one-way analysis of variance (Hays 1963): unlike the plain ratio of sums of
    squares it does not grow with the number of options. Numbers of many values are taken in five
    groups of equal size. A choice that a program does not have is an option of its own.
    """
    spread = _spread(scores)
    if len(trials) < LEAST or not spread:
        return {}
    names = dict.fromkeys(name for trial in trials for name in trial)
    found = {
        name: _share([trial.get(name, ABSENT) for trial in trials], scores, spread)
        for name in names
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _share(values: Sequence[Any], scores: Sequence[float], spread: float) -> float:
    groups: dict[Any, list[float]] = {}
    for group, score in zip(_groups(values), scores, strict=True):
        groups.setdefault(group, []).append(score)
    free = len(scores) - len(groups)
    if len(groups) < 2 or free < 1:
        return 0.0
    within = sum(map(_spread, groups.values()))
    error = within / free
    return max(0.0, (spread - within - (len(groups) - 1) * error) / (spread + error))


def _groups(values: Sequence[Any]) -> list[Any]:
    """The values, numbers of many in groups of equal size."""
    numbers = sorted(
        value for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    )
    if len(set(numbers)) <= 2 * BINS:
        return [str(value) for value in values]
    cuts = [numbers[len(numbers) * part // BINS] for part in range(1, BINS)]
    real = set(numbers)
    return [bisect_right(cuts, item) if item in real else str(item) for item in values]


def _spread(scores: Sequence[float]) -> float:
    """The sum of squares about the mean."""
    middle = fmean(scores) if scores else 0.0
    return sum((score - middle) ** 2 for score in scores)
