"""Stopping trials early by their learning curves.

Comes in: the curves of the trials that a new one may see. Goes out: the bar that it must reach at
each step. The bars are fixed when a trial is proposed, so that which trials are stopped depends on
nothing but the trials before it.
"""

from abc import ABC, abstractmethod
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import accumulate
from math import inf
from statistics import median
from typing import Any, ClassVar

from .errors import SearchError
from .executor import Bars, Report
from .trial import State, Trial

Curve = Sequence[tuple[int, float]]
"""Steps and values in order, more being better."""


@dataclass(frozen=True)
class Rule(ABC):
    """`values` are what of a curve is compared at each step, `bar` what others must reach. Curves
    count whose trials came to one of `states`.
    """

    states: ClassVar[frozenset[State]] = frozenset({State.DONE})

    @abstractmethod
    def values(self, curve: Curve) -> Iterable[tuple[int, float]]:
        """What of a finished trial's curve counts at each step."""

    @abstractmethod
    def bar(self, step: int, values: Sequence[float]) -> float | None:
        """What the best value so far must reach at a step; None for anything. `values` rise."""


@dataclass(frozen=True)
class Median(Rule):
    """Golovin et al. 2017 (Vizier), section 3.2.2: a trial stops where its best value up to a step
    is below the median of the running averages of the finished trials up to that step.

    Not before step `after`, and not before `least` trials have finished.
    """

    after: int = 1
    least: int = 5

    def values(self, curve: Curve) -> Iterable[tuple[int, float]]:
        sums = accumulate(value for _, value in curve)
        for count, ((step, _), total) in enumerate(zip(curve, sums, strict=True), 1):
            yield step, total / count

    def bar(self, step: int, values: Sequence[float]) -> float | None:
        enough = step >= self.after and len(values) >= self.least
        return median(values) if enough else None


@dataclass(frozen=True)
class Halving(Rule):
    """Li et al. 2020 (ASHA), the stopping variant: at the steps `first`, `first` times `eta`, … a
    trial stops that is not among the best 1/eta of those that came there.
    """

    eta: int = 3
    first: int = 1

    states = frozenset({State.DONE, State.PRUNED})

    def __post_init__(self) -> None:
        if self.eta < 2 or self.first < 1:
            raise ValueError("eta is at least 2, first at least 1")

    def values(self, curve: Curve) -> Iterable[tuple[int, float]]:
        best = accumulate((value for _, value in curve), max)
        return zip((step for step, _ in curve), best, strict=True)

    def bar(self, step: int, values: Sequence[float]) -> float | None:
        rung = self.first
        while rung < step:
            rung *= self.eta
        if rung != step or len(values) < self.eta:
            return None
        return values[len(values) - len(values) // self.eta]


RULES: Mapping[str, type[Rule]] = {"median": Median, "halving": Halving}


def described(rule: Rule | None) -> dict[str, Any] | None:
    """As the store keeps it."""
    if rule is None:
        return None
    name = next(name for name, kind in RULES.items() if kind is type(rule))
    return {"rule": name, **asdict(rule)}


def make_rule(name: str, settings: Mapping[str, Any]) -> Rule:
    """The rule of a name. Raises SearchError for an unknown one, or wrong settings."""
    if name not in RULES:
        raise SearchError(f"no trial is stopped early by {name!r}", f"rules: {', '.join(RULES)}")
    kind = RULES[name]
    known = {item.name for item in fields(kind)}
    for key, value in settings.items():
        if key not in known or type(value) is not int:
            raise SearchError(
                f"{name} has no setting {key} = {value!r}", f"whole numbers: {', '.join(known)}"
            )
    try:
        return kind(**settings)
    except ValueError as error:
        raise SearchError(f"{name}: {error}") from None


@dataclass(slots=True)
class Curves:
    """The curves of a study's trials, by number, and the bars of those that have not begun.

    `name` is the number that is watched, `sign` turns it so that more is better.
    """

    rule: Rule | None
    name: str
    sign: float
    known: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    _values: dict[int, list[float]] = field(default_factory=dict)
    _shown: int = 0
    _bars: dict[int, dict[int, float]] = field(default_factory=dict)

    def add(self, trial: Trial, reports: Iterable[Report]) -> None:
        """What an attempt at a trial reported; a trial that goes on has the curve of the one that
        it goes on from.
        """
        if self.rule is None:
            return
        before = () if trial.resumes is None else self.known.get(trial.resumes, ())
        curve = self.known.setdefault(trial.number, list(before))
        curve += [
            (step, self.sign * value)
            for step, name, value in reports
            if name == self.name and value is not None
        ]

    def propose(self, trial: Trial, visible: Sequence[Trial]) -> None:
        """Fixes the bars of a trial that was proposed with these in sight."""
        if self.rule is None:
            return
        for other in visible[self._shown :]:
            if other.state in self.rule.states:
                for step, value in self.rule.values(self.known.get(other.number, ())):
                    insort(self._values.setdefault(step, []), value)
        self._shown = len(visible)
        bars = {step: self.rule.bar(step, values) for step, values in self._values.items()}
        self._bars[trial.number] = {step: bar for step, bar in bars.items() if bar is not None}

    def bars(self, trial: Trial) -> Bars | None:
        """What a trial must reach that begins now."""
        steps = self._bars.get(trial.number)
        if not steps:
            return None
        before = () if trial.resumes is None else self.known.get(trial.resumes, ())
        so_far = self.known.get(trial.number, before)
        best = max((value for _, value in so_far), default=-inf)
        return Bars(self.name, self.sign, steps, best)

    def finished(self, trial: Trial) -> None:
        """The bars of a trial are needed no more."""
        self._bars.pop(trial.number, None)
