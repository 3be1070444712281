"""One search against a table, as quickly as it can be done.

Comes in: a space, a method, a table, a seed, a budget in epochs, how many workers. Goes out: what
was trained, in order. May be assumed: the proposals are those of a `Study` with the same seed and
lag whose evaluation is the table; nothing is stored, and workers are waited for in no real time.
"""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

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
    over, in epochs and in seconds as they were recorded. `loss` is what the table says of it, and
    `clock` how many seconds after the beginning it was over: `seconds`, with one worker.
    """

    row: int
    epochs: int
    spent: int
    seconds: float
    loss: float
    clock: float


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
    method: Method,
    answers: Answers,
    budget: int,
    *,
    seed: int,
    lag: int | None = 1,
    workers: int = 1,
) -> list[Step]:
    """The trainings of a search in the order in which they end, up to the budget in epochs. A
    training that goes on from another costs what it adds, and what was known already costs nothing.
    Workers are virtual: each takes as long as was recorded, and a proposal takes no time.
    """
    search = _Search(method, answers, budget, seed, lag, workers)
    search.start()
    while search.open:
        search.end_next()
        search.start()
    return search.steps


class _Extent(NamedTuple):
    """What a trial is on the table: a row, and the epochs it has before and afterwards."""

    row: int
    begun: int
    epochs: int


class _Search:
    """`open` holds the trainings under way by when they end, of those that end together the earlier
    first; `waiting` the trials that take over what comes of one of them.
    """

    def __init__(
        self,
        method: Method,
        answers: Answers,
        budget: int,
        seed: int,
        lag: int | None,
        workers: int,
    ) -> None:
        self.answers = answers
        self.left = budget
        self.workers = workers
        self.trials: list[Trial] = []
        self.extents: list[_Extent] = []
        self.proposer = Proposer(answers.space, method, seed, lag, self.trials)
        self.steps: list[Step] = []
        self.open: list[tuple[float, int]] = []
        self.waiting: dict[int, list[Trial]] = {}
        self.clock = 0.0
        self.over = False

    def start(self) -> None:
        """Gives every worker something to do, as far as something may be proposed."""
        while not self.over and len(self.open) < self.workers and self.proposer.is_ready:
            try:
                trial = self.proposer.propose()
            except Exhausted:
                self.over = True
                return
            if trial is None:
                return  # something new may come of what is under way
            self._begin(trial, self._extent(trial))

    def _begin(self, trial: Trial, extent: _Extent) -> None:
        cost = extent.epochs - extent.begun if trial.replay_of is None else 0
        self.over = cost > self.left
        if self.over:
            return
        self.left -= cost
        self.trials.append(trial)
        self.extents.append(extent)
        if trial.replay_of is None:
            heappush(self.open, (self.clock + self._seconds(extent), trial.number))
        elif self.trials[trial.replay_of].state.is_final:
            self._end(trial)
        else:
            self.waiting.setdefault(trial.replay_of, []).append(trial)

    def end_next(self) -> None:
        """Lets the training end that ends next."""
        self.clock, number = heappop(self.open)
        extent = self.extents[number]
        spent, seconds = (self.steps[-1].spent, self.steps[-1].seconds) if self.steps else (0, 0.0)
        self.steps.append(
            Step(
                row=extent.row,
                epochs=extent.epochs,
                spent=spent + extent.epochs - extent.begun,
                seconds=seconds + self._seconds(extent),
                loss=self.answers.loss(extent.row, extent.epochs),
                clock=self.clock,
            )
        )
        for trial in (self.trials[number], *self.waiting.pop(number, ())):
            self._end(trial)

    def _end(self, trial: Trial) -> None:
        extent = self.extents[trial.number]
        done = _judged(trial, self.answers.told(extent.row, extent.epochs))
        self.trials[trial.number] = done
        self.proposer.finished(done)

    def _extent(self, trial: Trial) -> _Extent:
        row = self.answers.row(self.answers.space.from_trace(trial.trace))
        begun = 0 if trial.resumes is None else self.extents[trial.resumes].epochs
        return _Extent(row, begun, epochs_of(trial.fidelity, self.answers.table.epochs))

    def _seconds(self, extent: _Extent) -> float:
        whole, before = (self.answers.seconds(extent.row, n) for n in (extent.epochs, extent.begun))
        return whole - before


def _judged(trial: Trial, loss: float) -> Trial:
    if not isfinite(loss):
        return replace(trial, state=State.NAN, scores={METRIC: None})
    return replace(trial, state=State.DONE, scores={METRIC: loss}, merits=(-loss,))
