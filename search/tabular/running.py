"""One search against a table, as quickly as it can be done.

Comes in: a space, a method, a table, a seed, a budget in epochs. Goes out: what was trained, in
order. May be assumed: the proposals are those of a `Study` with the same seed and lag whose
evaluation is the table; nothing is stored, no worker is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.space import Space
from ...lazy import lazy_module
from ..method import Exhausted, Method
from ..proposer import Proposer
from ..trial import State, Trial, trace_text
from .evaluator import SECONDS, epochs_of, is_own, key_of
from .quality import METRIC
from .table import Table

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy_module("numpy")


@dataclass(frozen=True, slots=True)
class Step:
    """A training: the program's row, the epochs it has had, and what was spent in all when it was
    over, in epochs and in seconds as they were recorded. `loss` is what the table says of it.
    """

    row: int
    epochs: int
    spent: int
    seconds: float
    loss: float


@dataclass(slots=True)
class Answers:
    """What a table says to a study of one seed. With `shuffled` the method is told the curves of
    another program, drawn anew for each seed: what is left of it when there is nothing to learn.
    """

    table: Table
    space: Space
    seed: int = 0
    shuffled: bool = False
    _losses: Any = field(init=False, repr=False)
    _seconds: Any = field(init=False, repr=False)
    _told: Any = field(init=False, repr=False)
    _rows: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._rows = dict(self.table.traced) if is_own(self.table, self.space) else {}
        seen = self.seed % len(self.table.seeds)
        self._losses = self.table.curves[METRIC][:, seen].astype(np.float64)
        self._seconds = self.table.scores[SECONDS][:, seen].astype(np.float64)
        self._told = self._losses
        if self.shuffled:
            keys = np.random.PCG64(self.seed).random_raw(len(self.table))
            self._told = self._losses[np.argsort(keys, kind="stable")]

    def row(self, program: DrawnProgram) -> int:
        """Raises LookupError for a program that the table does not hold."""
        text = trace_text(program.trace)
        if text not in self._rows:
            self._rows[text] = self.table.rows[key_of(program, self.space.name)]
        return self._rows[text]

    def loss(self, row: int, epochs: int) -> float:
        """The validation loss after so many epochs."""
        return float(self._losses[row, epochs - 1])

    def told(self, row: int, epochs: int) -> float:
        """What the method is told of it."""
        return float(self._told[row, epochs - 1])

    def seconds(self, row: int, epochs: int) -> float:
        """What so many epochs took when they were recorded."""
        return float(self._seconds[row]) * epochs / self.table.epochs


def run(
    method: Method, answers: Answers, budget: int, *, seed: int, lag: int | None = 1
) -> list[Step]:
    """The trainings of a search, up to the budget in epochs. A training that goes on from another
    costs what it adds, and what was known already costs nothing.
    """
    trials: list[Trial] = []
    proposer = Proposer(answers.space, method, seed, lag, trials)
    steps: list[Step] = []
    spent, seconds = 0, 0.0
    while proposer.is_ready:
        try:
            trial = proposer.propose()
        except Exhausted:
            break
        if trial is None:
            continue  # it was shown all that have finished meanwhile
        row = answers.row(answers.space.from_trace(trial.trace))
        epochs = epochs_of(trial.fidelity, answers.table.epochs)
        if trial.replay_of is None:
            begun = _begun(trial, trials, answers.table.epochs)
            spent += epochs - begun
            seconds += answers.seconds(row, epochs) - answers.seconds(row, begun)
            if spent > budget:
                break
            steps.append(Step(row, epochs, spent, seconds, answers.loss(row, epochs)))
        done = _judged(trial, answers.told(row, epochs))
        trials.append(done)
        proposer.finished(done)
    return steps


def _begun(trial: Trial, trials: Sequence[Trial], most: int) -> int:
    """How many epochs a training has behind it."""
    return 0 if trial.resumes is None else epochs_of(trials[trial.resumes].fidelity, most)


def _judged(trial: Trial, loss: float) -> Trial:
    if not isfinite(loss):
        return replace(trial, state=State.NAN, scores={METRIC: None})
    return replace(trial, state=State.DONE, scores={METRIC: loss}, merits=(-loss,))
