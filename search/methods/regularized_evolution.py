"""Regularised evolution: Real, Aggarwal, Huang and Le 2019, algorithm 1.

The population is the last `population` trials with a score, so that the oldest dies, not the worst.
A parent is the best of `tournament` members drawn with replacement, and its child differs from it
in one choice.
"""

from dataclasses import dataclass

from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal


@dataclass
class RegularizedEvolution(Method):
    """The defaults are the paper's, section 3: 100 and 25."""

    population: int = 100
    tournament: int = 25

    repeats = True
    manipulates = ANY_CHOICE
    mechanism = "evolution"

    def __post_init__(self) -> None:
        for name in ("population", "tournament"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)}")

    def ask(self, history: History, random: Random) -> Proposal:
        alive = history.scored[-self.population :]
        if history.number < self.population or not alive:
            return Proposal(history.space.sample(random.bits()))
        drawn = (alive[random.below(len(alive))] for _ in range(self.tournament))
        parent = max(drawn, key=lambda trial: trial.goodness)
        child = history.space.mutate(history.program(parent), random.bits())
        return Proposal(child, parents=(parent.number,))
