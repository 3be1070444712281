"""What a table says of its programs: who is good, and how well one training tells.

Comes in: a table. Goes out: quality per program, how seeds agree, who belongs to the best. The
quality of a program is its validation loss after the last epoch, as the mean over the seeds; less
is better. A training that diverged counts as worse than all others.
"""

from itertools import combinations
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module
from .table import Table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    Array = Any

stats = lazy_module("scipy.stats")

METRIC = "loss"


def losses(table: Table, epoch: int = 0) -> Array:
    """Validation loss f64 [programs, seeds] after an epoch, the last one if it is 0; infinite where
    it was no number.
    """
    found = table.curves[METRIC][:, :, epoch - 1].astype(np.float64)
    return np.where(np.isfinite(found), found, np.inf)


def quality(table: Table) -> Array:
    """f64 [programs]: the mean over the seeds; less is better."""
    found: Array = losses(table).mean(axis=1)
    return found


def best(table: Table, share: float = 0.01) -> "frozenset[int]":
    """The rows of the best programs: `share` of all, at least one."""
    count = max(1, int(share * len(table)))
    order = np.argsort(quality(table), kind="stable")
    return frozenset(order[:count].tolist())


def agreement(table: Table, epoch: int = 0) -> list[float]:
    """Spearman's rank correlation of the loss between every two seeds."""
    found = losses(table, epoch)
    return [_spearman(found[:, a], found[:, b]) for a, b in combinations(range(found.shape[1]), 2)]


def foresight(table: Table, epoch: int) -> float:
    """The rank correlation of one seed's loss after an epoch with the quality: what an early stop
    can know, as the mean over the seeds.
    """
    found, target = losses(table, epoch), quality(table)
    return float(np.mean([_spearman(found[:, seed], target) for seed in range(found.shape[1])]))


def _spearman(first: Array, second: Array) -> float:
    return float(stats.spearmanr(first, second).statistic)


def figures(table: Table) -> dict[str, Any]:
    """The figures that stand beside a table."""
    target = quality(table)
    rungs = [epoch for epoch in (1, 3, 9, 27, 81) if epoch <= table.epochs]
    shares = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
    return {
        "programs": len(table),
        "seeds": list(table.seeds),
        "epochs": table.epochs,
        "rank correlation between seeds": [round(value, 4) for value in agreement(table)],
        "rank correlation of an epoch with the quality": {
            str(epoch): round(foresight(table, epoch), 4) for epoch in rungs
        },
        "quality at quantiles": {
            f"{share:g}": round(float(np.quantile(target, share)), 4) for share in shares
        },
        "diverged": int((~np.isfinite(table.final(METRIC))).sum()),
        "seconds": round(float(table.scores["seconds"].sum()), 1),
    }
