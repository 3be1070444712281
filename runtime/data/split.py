"""Who trains, who validates, who tests: a deal that is the same for ever.

Comes in: a number of rows, fractions, a seed, and classes to keep in proportion. Goes out: row
numbers per split. May be assumed: the splits are disjoint and together complete, and the same
arguments give the same deal with every version of numpy (only the raw stream of PCG64 is used,
which numpy promises never to change).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import DataError
from ..lazy import Array, np
from .source import SplitSource

Rows = Mapping[str, Array]


def shuffled(count: int, seed: int) -> Array:
    """A permutation of 0 … count - 1, i64."""
    keys = np.random.PCG64(seed).random_raw(count)
    return np.argsort(keys, kind="stable").astype(np.int64)


def deal(source: SplitSource, count: int, classes: Array | None = None) -> Rows:
    """Row numbers of `train`, `validation` and `test`; `classes` i64 [count] are kept in
    proportion."""
    _require_rows(source, count)
    order = shuffled(count, source.seed)
    groups = [order]
    if classes is not None and source.stratify:
        groups = _groups(order, classes)
    dealt = _deal_groups(groups, source.validation, source.test)
    return {name: np.sort(rows) for name, rows in dealt.items()}


def deal_training(source: SplitSource, count: int, test: int, classes: Array) -> Rows:
    """For data with a test set of their own: rows 0 … count - 1 are training rows, `test` more
    follow."""
    _require_rows(source, count)
    order = shuffled(count, source.seed)
    groups = _groups(order, classes[:count]) if source.stratify else [order]
    dealt = _deal_groups(groups, source.validation, 0.0)
    rows = {name: np.sort(part) for name, part in dealt.items()}
    return {**rows, "test": np.arange(count, count + test, dtype=np.int64)}


def _require_rows(source: SplitSource, count: int) -> None:
    if not count:
        raise DataError(f"{source.label}: no rows are left to train on", "give more data")


def _groups(order: Array, classes: Array) -> list[Array]:
    """The shuffled rows class by class."""
    by_class = order[np.argsort(classes[order], kind="stable")]
    _, starts = np.unique(classes[by_class], return_index=True)
    return np.split(by_class, starts[1:])


def _deal_groups(groups: list[Array], validation: float, test: float) -> dict[str, Array]:
    """Deals from every group; what rounding leaves over is carried to the next, so the totals come
    out right.

    Every group keeps at least one row for training: a class that is never trained on cannot be
    learned.
    """
    parts: dict[str, list[Array]] = {"train": [], "validation": [], "test": []}
    owed = {"test": 0.0, "validation": 0.0}
    for group in groups:
        left = group
        for name, fraction in (("test", test), ("validation", validation)):
            owed[name] += len(group) * fraction
            # The small addend undoes the rounding of a fraction such as 0.1, which is stored a
            # little too large or small.
            take = max(0, min(int(owed[name] + 0.5 + 1e-9), len(left) - 1))
            owed[name] -= take
            parts[name].append(left[:take])
            left = left[take:]
        parts["train"].append(left)
    return {name: np.concatenate(pieces) for name, pieces in parts.items()}
