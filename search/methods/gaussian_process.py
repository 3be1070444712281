"""A Gaussian process with expected improvement: Jones, Schonlau and Welch 1998; Snoek, Larochelle
and Adams 2012; on graphs Ru, Wan, Dong and Osborne 2021.

After `initial` programs that are drawn, the next is the one with the highest expected improvement
among fresh draws and changes of the best. The kernel is a Matern-5/2 function of what the programs
chose, with a scale for each choice of the text, times one of the Weisfeiler-Lehman patterns of
their graphs (`search/models`). Choices alone do not know that two branches may be exchanged, or
that a longer repeat has more of the same; patterns alone know neither sizes nor how a program is
trained. On a synthetic space of cells the patterns halve the trials to the best programs; on the
table `digits2k`, of plain stacks, they make no difference. They are made of the names of layers,
since with all their settings every width would be a layer of its own.

A trial that failed counts as the worst score so far; of several objectives the first counts. The
cost is bounded: of more than `most` scores only the best are kept, and the scales are fitted anew
only when there are a tenth more scores.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import cos, log, pi, sqrt
from typing import NamedTuple

from ...compiler.expand.decisions import Reals
from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.encoding import fraction_of, number_at
from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal
from ..models.features import features_of
from ..models.surrogate import Fitted, Surrogate, fitted
from ..models.tried import Tried
from ..trial import State, Trial

DRAWS, PARENTS, CHANGES, ROUNDS = 50, 5, 8, 3
"""Candidates: so many fresh draws, so many changes of each of the best programs, and in so many
rounds as many of each of the best candidates.
"""
GROWTH = 1.1
WIDEST = 0.25
"""The deviation of the widest nudge of a real number, in parts of its range."""


class Idea(NamedTuple):
    """A program, and the trials it was made from."""

    program: DrawnProgram
    parents: tuple[int, ...] = ()


class Candidate(NamedTuple):
    """A program that may be proposed, the trials it was made from, and what it promises."""

    program: DrawnProgram
    parents: tuple[int, ...]
    improvement: float


@dataclass
class GaussianProcess(Method):
    """`initial` is how many programs are drawn first, `most` how many scores are learned from."""

    initial: int = 5
    most: int = 500
    _tried: Tried = field(default_factory=Tried, init=False, repr=False, compare=False)
    _fits: dict[tuple[int, ...], Fitted] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    manipulates = ANY_CHOICE
    mechanism = "Bayesian optimisation"

    def __post_init__(self) -> None:
        for name in ("initial", "most"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} is at least 2, not {getattr(self, name)}")

    def ask(self, history: History, random: Random) -> Proposal:
        self._tried.read(history)
        known = scores_of(history.trials)
        if len(known) >= self.initial:
            for candidate in self._candidates(history, self._best(known), random):
                if candidate.program not in self._tried:
                    return Proposal(candidate.program, candidate.parents)
        return Proposal(self._tried.draw(history.space, random))

    # --- what is believed

    def _best(self, known: Sequence[tuple[Trial, float]]) -> list[tuple[Trial, float]]:
        """The best scores, best first, of equals the earlier."""
        return sorted(known, key=lambda item: -item[1])[: self.most]

    def _surrogate(self, history: History, best: Sequence[tuple[Trial, float]]) -> Surrogate:
        programs = [features_of(self._tried.program(history, trial)) for trial, _ in best]
        pending = [features_of(program) for program in self._tried.pending(history)]
        return Surrogate(self._fitted(history), programs, [score for _, score in best], pending)

    def _fitted(self, history: History) -> Fitted:
        """The scales, from as many of the first trials as were there when they were last due: so
        they are the same after a stop.
        """
        trials = history.trials[: _due(len(history.trials), self.initial)]
        while len(scores_of(trials)) < self.initial:
            trials = history.trials[: len(trials) + 1]
        key = tuple(trial.number for trial in trials)
        if key not in self._fits:
            best = self._best(scores_of(trials))
            programs = [features_of(self._tried.program(history, trial)) for trial, _ in best]
            self._fits.clear()
            self._fits[key] = fitted(programs, [score for _, score in best])
        return self._fits[key]

    # --- where it is best to look

    def _candidates(
        self, history: History, best: Sequence[tuple[Trial, float]], random: Random
    ) -> list[Candidate]:
        """The most promising first."""
        surrogate = self._surrogate(history, best)
        found: dict[tuple[object, ...], Candidate] = {}

        def rate(ideas: Iterable[Idea]) -> None:
            new = {
                idea.program.decisions: idea
                for idea in ideas
                if idea.program.decisions not in found and not self._tried.knows(idea.program)
            }
            features = [features_of(idea.program) for idea in new.values()]
            promised = surrogate.improvements(features) if features else []
            for (key, idea), improvement in zip(new.items(), promised, strict=True):
                found[key] = Candidate(idea.program, idea.parents, improvement)

        parents = [
            Idea(self._tried.program(history, trial), (trial.number,))
            for trial, _ in best[:PARENTS]
        ]
        rate(Idea(history.space.sample(random.bits())) for _ in range(DRAWS))
        rate(_changes(parents, random))
        for _ in range(ROUNDS):
            rate(_changes(_leading(found.values())[:PARENTS], random))
        return _leading(found.values())


def scores_of(trials: Sequence[Trial]) -> list[tuple[Trial, float]]:
    """The trials that tell something of their programs, with a score. One that failed or breaks a
    constraint counts as the worst that does not; while all break one, by how little they do. Empty
    without any score, and a worker that was lost tells nothing.
    """
    done = [trial for trial in trials if trial.state is State.DONE]
    merits = [trial.merits[0] for trial in done if trial.feasible]
    if not done:
        return []
    worst = min(merits) if merits else min(-trial.violation for trial in done)

    def score(trial: Trial) -> float:
        if trial.state is not State.DONE:
            return worst
        if not merits:
            return -trial.violation
        return trial.merits[0] if trial.feasible else worst

    return [(trial, score(trial)) for trial in trials if trial.state is not State.LOST]


def _due(count: int, first: int) -> int:
    """The last number of trials up to `count` at which the scales are fitted."""
    due = first
    while (later := max(due + 1, int(due * GROWTH))) <= count:
        due = later
    return due


def _leading(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: -candidate.improvement)


def _changes(parents: Iterable[Idea | Candidate], random: Random) -> Iterable[Idea]:
    """Some changes of each program, whose parents become theirs."""
    for parent in parents:
        with suppress(ValueError):  # the space holds no other program
            for _ in range(CHANGES):
                yield Idea(_changed(parent.program, random), parent.parents)


def _changed(program: DrawnProgram, random: Random) -> DrawnProgram:
    """One choice drawn anew, or as often a real number nudged: a draw alone would never come close
    to its best value.
    """
    reals = [
        number
        for number, (place, _) in enumerate(program.steps)
        if isinstance(place.state.domain, Reals)
    ]
    if not reals or random.below(2):
        return program.space.mutate(program, random.bits())
    number = reals[random.below(len(reals))]
    place, value = program.steps[number]
    domain = place.state.domain
    assert isinstance(domain, Reals)
    away = WIDEST * 10 ** (-2 * random.real()) * _normal(random)
    steps = list(program.steps)
    steps[number] = place, number_at(domain, fraction_of(domain, value) + away)
    return DrawnProgram(program.space, steps)


def _normal(random: Random) -> float:
    """A standard normal number (Box and Muller 1958)."""
    return sqrt(-2 * log(1 - random.real())) * cos(2 * pi * random.real())
