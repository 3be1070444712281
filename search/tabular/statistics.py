"""The statistics of a comparison.

Comes in: numbers, one for each seed. Goes out: intervals and p-values. An infinite number is one
that was not reached; it ranks behind all others.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    Array = Any

stats = lazy_module("scipy.stats")

DRAWS = 1_000
LEVEL = 0.95


def mean_interval(values: Array) -> tuple[Array, Array, Array]:
    """The mean over the first axis, and a bootstrap interval of it (Efron 1979, percentiles)."""
    means = values[_draws(len(values))].mean(axis=1)
    low, high = np.quantile(means, _ends(), axis=0)
    return values.mean(axis=0), low, high


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The median and a bootstrap interval of it; infinite where most are."""
    array = np.asarray(values, dtype=np.float64)
    medians = _medians(array[_draws(len(array))])
    low, high = np.sort(medians)[[int(end * (DRAWS - 1)) for end in _ends()]]
    return float(_medians(array[None])[0]), float(low), float(high)


def ratio_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """The ratio of the medians, second by first, with a bootstrap interval."""
    one, other = (np.asarray(values, dtype=np.float64) for values in (first, second))
    draws = _draws(len(one))
    with np.errstate(invalid="ignore"):
        ratios = np.sort(_medians(other[draws]) / _medians(one[draws]))
        whole = _medians(other[None])[0] / _medians(one[None])[0]
    low, high = ratios[[int(end * (DRAWS - 1)) for end in _ends()]]
    return float(whole), float(low), float(high)


def _medians(rows: Array) -> Array:
    """The lower of the two middle ones where there are two: infinities have no mean."""
    found: Array = np.sort(rows, axis=1)[:, (rows.shape[1] - 1) // 2]
    return found


def _ends() -> tuple[float, float]:
    return (1 - LEVEL) / 2, (1 + LEVEL) / 2


def _draws(count: int) -> Any:
    """The same draws every time: a report does not change when it is made again."""
    raw = np.random.PCG64(0).random_raw(DRAWS * count)
    return (raw % np.uint64(count)).astype(np.int64).reshape(DRAWS, count)


def paired(first: Array | Sequence[float], second: Array | Sequence[float]) -> float:
    """Wilcoxon's signed-rank test, two-sided, of numbers that belong together seed by seed."""
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if not np.any(differences):
        return 1.0
    return float(stats.wilcoxon(differences, zero_method="zsplit", method="approx").pvalue)


def unpaired(first: Sequence[float], second: Sequence[float]) -> float:
    """Mann and Whitney's test, two-sided: what was not reached ties with its like."""
    if len({*first, *second}) == 1:
        return 1.0
    return float(stats.mannwhitneyu(first, second, alternative="two-sided").pvalue)


def holm(values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number (Holm 1979): step-down, never falling."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        corrected[place] = highest
    return corrected
