"""What a search is for: which numbers count, which way, and within which bounds.

Comes in: the numbers of an evaluation. Goes out: merits, turned so that more is better, and by how
much the bounds are broken; of several trials the best, the front, and the volume that it covers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from .executor import ONLY
from .trial import State, Trial

Scores = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Objective:
    """One of an evaluation's numbers. Without a name it is the only one."""

    name: str | None = None
    maximize: bool = True

    def value(self, scores: Scores) -> float | None:
        """Raises LookupError where the evaluation does not tell it."""
        if self.name is None and len(scores) == 1:
            return next(iter(scores.values()))
        name = ONLY if self.name is None else self.name
        if name not in scores:
            told = ", ".join(scores) or "nothing"
            several = "several numbers, and nobody said which counts"
            wanted = f"no {name!r}" if self.name else several
            raise LookupError(f"the evaluation tells {wanted} (it tells: {told})")
        return scores[name]

    def merit(self, value: float) -> float:
        """The value turned so that more is better."""
        return value if self.maximize else -value


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on a number that is only known once it is measured; both ends are allowed."""

    name: str
    least: float = -inf
    most: float = inf

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise ValueError(
                f"{self.name}: nothing is at least {self.least} and at most {self.most}"
            )

    def violation(self, scores: Scores) -> float:
        """By which part of the bound it is broken; 0 within it. Raises LookupError."""
        value = Objective(self.name).value(scores)
        if value is None:
            return inf
        over = max(value - self.most, self.least - value, 0.0)
        bound = self.most if value > self.most else self.least
        return over / (abs(bound) or 1.0) if over else 0.0

    def __str__(self) -> str:
        ends = [f"{self.name} >= {self.least:g}"] if isfinite(self.least) else []
        ends += [f"{self.name} <= {self.most:g}"] if isfinite(self.most) else []
        return " and ".join(ends)


def constraint(name: str, least: float | None = None, most: float | None = None) -> Constraint:
    """The bounds of a number; None leaves an end open."""
    return Constraint(name, -inf if least is None else least, inf if most is None else most)


@dataclass(frozen=True, slots=True)
class Goal:
    """The objectives, of which the first decides which trial is best, and the constraints."""

    objectives: tuple[Objective, ...] = (Objective(),)
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        names = [objective.name for objective in self.objectives]
        if not names:
            raise ValueError("a search has at least one objective")
        if len(names) > 1 and (None in names or len(set(names)) < len(names)):
            raise ValueError("several objectives have names of their own")

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers that are needed, by name."""
        wanted = [item.name for item in self.objectives]
        wanted += [item.name for item in self.constraints]
        return tuple(dict.fromkeys(name for name in wanted if name is not None))

    def judge(self, scores: Scores) -> tuple[tuple[float, ...], float] | None:
        """Merits and violation; None where a number that counts is not finite. Raises LookupError
        where one is missing.
        """
        values = [objective.value(scores) for objective in self.objectives]
        violation = sum(constraint.violation(scores) for constraint in self.constraints)
        if None in values or not isfinite(violation):
            return None
        pairs = zip(self.objectives, values, strict=True)
        return tuple(item.merit(value) for item, value in pairs if value is not None), violation

    def judged(self, trial: Trial, state: State, scores: Scores, error: str) -> Trial:
        """The trial with a final state, and what its numbers mean here."""
        merits: tuple[float, ...] = ()
        violation = 0.0
        if state is State.DONE:
            try:
                found = self.judge(scores)
            except LookupError as failure:
                state, error = State.ERROR, str(failure)
            else:
                state = State.NAN if found is None else state
                merits, violation = found or (merits, violation)
        return replace(
            trial, state=state, scores=scores, merits=merits, violation=violation, error=error
        )

    def to_json(self) -> dict[str, Any]:
        """As the store keeps it: `objectives` as pairs of name and direction."""
        return {
            "objectives": [[item.name, item.maximize] for item in self.objectives],
            "constraints": [str(item) for item in self.constraints],
        }


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The feasible trial that is best by the first objective; of equals the one that was trained
    longest, then the first.
    """
    done = [trial for trial in trials if trial.state is State.DONE and trial.feasible]
    return max(done, key=lambda trial: (trial.merits[0], _length(trial)), default=None)


def _length(trial: Trial) -> float:
    """How much of a training a trial got; all of it where nothing is said."""
    return sum(trial.fidelity.values()) if trial.fidelity else inf


def front_of(trials: Sequence[Trial]) -> list[Trial]:
    """The feasible trials that no other dominates, in the order of their numbers; of trials with
    the same merits the first.
    """
    done = [trial for trial in trials if trial.state is State.DONE and trial.feasible]
    kept: dict[tuple[float, ...], Trial] = {}
    # in falling order nothing later dominates what was kept
    for trial in sorted(done, key=lambda trial: (tuple(-m for m in trial.merits), trial.number)):
        if not any(_covers(merits, trial.merits) for merits in kept):
            kept[trial.merits] = trial
    return sorted(kept.values(), key=lambda trial: trial.number)


def _covers(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the one is nowhere worse."""
    return all(first >= second for first, second in zip(one, other, strict=True))


def hypervolume(points: Sequence[Sequence[float]], reference: Sequence[float]) -> float:
    """The volume between the reference and the points, more being better in every direction:
    slices along the last direction (While et al. 2006, section II, HSO), exact for any number of
    objectives, meant for few.
    """
    inside = [
        tuple(point)
        for point in points
        if all(a > b for a, b in zip(point, reference, strict=True))
    ]
    if not inside:
        return 0.0
    if len(reference) == 1:
        return max(point[0] for point in inside) - reference[0]
    inside.sort(key=lambda point: -point[-1])
    volume = 0.0
    for place, point in enumerate(inside):
        below = inside[place + 1][-1] if place + 1 < len(inside) else reference[-1]
        height = point[-1] - below
        if height > 0:
            flat = [other[:-1] for other in inside[: place + 1]]
            volume += height * hypervolume(flat, reference[:-1])
    return volume
