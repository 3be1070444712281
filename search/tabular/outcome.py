"""What a comparison comes to: figures for each method, and what tells them apart.

Comes in: a table, the searches of a comparison. Goes out: best-so-far curves, areas, budgets to
reach the best, p-values. The best so far is the program that a study would give back: the one with
the lowest loss in the one training it had, among those trained the furthest. How good it is the
table tells, as the mean over its seeds. A target is reached when one of the best 1 % of programs
has been trained in full. With several workers that has a time as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module
from . import statistics
from .comparing import Comparing, Search, Unit
from .quality import best, quality
from .running import Step
from .table import Table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
else:
    np = lazy_module("numpy")
    Array = Any

SHARE = 0.01
AREA, REACH, CLOCK = "area", "reach", "clock"


@dataclass(frozen=True, slots=True)
class Result:
    """One method: `curves` f64 [seeds, budget] is the regret of the best so far after each whole
    training's worth of epochs, that is its loss less the lowest of all programs. `area` is the mean
    of a curve, `reach` the epochs until the target, infinite where it was not reached, `times` the
    seconds until then. `clock` is when a search was over, `seconds` what its trainings took.
    """

    method: str
    curves: Array
    reach: tuple[float, ...]
    times: tuple[float, ...]
    trainings: float
    cost: float
    seconds: float
    clock: float

    @property
    def area(self) -> Array:
        found: Array = self.curves.mean(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Test:
    """Whether two methods differ: `what` is the area (paired by seed, Wilcoxon), the reach or the
    time to it (Mann and Whitney); `p` is corrected for the number of all tests of the comparison
    (Holm). `ratio` is how many times less the method needs in the median, with its interval.
    """

    what: str
    method: str
    against: str
    raw: float
    p: float
    better: bool
    ratio: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of a comparison."""

    results: Mapping[str, Result]
    controls: Mapping[str, Result]
    tests: tuple[Test, ...]


def outcome(table: Table, searches: Sequence[Search], comparing: Comparing) -> Outcome:
    """The figures. Every method is tested against the rivals and its own control."""
    by_unit = {search.unit: search for search in searches}
    results: dict[str, Result] = {}
    controls: dict[str, Result] = {}
    for method in comparing.names:
        for shuffled, into in ((False, results), (True, controls)):
            units = [Unit(method, seed, shuffled) for seed in comparing.seeded]
            if all(unit in by_unit for unit in units):
                into[method] = _result(table, [by_unit[unit] for unit in units], comparing.budget)
    return Outcome(results, controls, tuple(_tests(results, controls, comparing)))


def _result(table: Table, searches: Sequence[Search], budget: int) -> Result:
    target, chosen = quality(table), best(table, SHARE)
    grid = np.arange(table.epochs, budget + 1, table.epochs)
    first = [_first(search, chosen, table.epochs) for search in searches]
    lowest = float(target.min())
    return Result(
        method=searches[0].unit.method,
        curves=np.stack([_curve(search, target, grid) for search in searches]) - lowest,
        reach=tuple(step.spent if step else inf for step in first),
        times=tuple(step.clock if step else inf for step in first),
        trainings=float(np.mean([len(search.steps) for search in searches])),
        cost=float(np.mean([search.cost for search in searches])),
        seconds=float(np.mean([search.seconds for search in searches])),
        clock=float(np.mean([search.clock for search in searches])),
    )


def _curve(search: Search, target: Array, grid: Any) -> Array:
    """The quality of the best so far at each point; before there is one that of the worst."""
    worst = float(target[np.isfinite(target)].max())
    found = np.full(len(grid), worst)
    furthest, lowest = 0, inf
    for step in search.steps:
        told = step.loss if isfinite(step.loss) else inf
        if step.epochs > furthest or (step.epochs == furthest and told < lowest):
            furthest, lowest = step.epochs, told
            value = float(target[step.row])
            found[grid >= step.spent] = value if isfinite(value) else worst
    return found


def _first(search: Search, chosen: "frozenset[int]", most: int) -> Step | None:
    """The training by which a program among the best had been trained in full."""
    reached = (step for step in search.steps if step.epochs == most and step.row in chosen)
    return next(reached, None)


def _tests(
    results: Mapping[str, Result], controls: Mapping[str, Result], comparing: Comparing
) -> list[Test]:
    pairs = [
        (result, results[other], other)
        for name, result in results.items()
        for other in comparing.rivals
        if other in results and other != name
    ]
    pairs += [(results[name], control, "its control") for name, control in controls.items()]
    raw: list[Test] = []
    for one, other, name in pairs:
        p = statistics.paired(one.area, other.area)
        better = bool(one.area.mean() < other.area.mean())
        raw.append(Test(AREA, one.method, name, p, p, better))
        raw.append(_reaching(REACH, one.method, name, one.reach, other.reach))
        if comparing.workers > 1:
            raw.append(_reaching(CLOCK, one.method, name, one.times, other.times))
    corrected = statistics.holm([test.raw for test in raw])
    return [replace(test, p=p) for test, p in zip(raw, corrected, strict=True)]


def _reaching(
    what: str, method: str, against: str, own: Sequence[float], others: Sequence[float]
) -> Test:
    p = statistics.unpaired(own, others)
    better = bool(np.median(own) < np.median(others))
    ratio = statistics.ratio_interval(own, others)
    return Test(what, method, against, p, p, better, ratio)
