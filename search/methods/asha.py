"""Asynchronous successive halving: Li, Jamieson, Rostamizadeh and others 2020, algorithm 2.

No rung is waited for. Whenever a trial can begin, the best program that is among the first 1 / eta
of its rung and has not gone on does so, from the highest rung down; where there is none, a new
program begins. Workers never stand still, at the price of a few that go on too early.
"""

from bisect import insort
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, History, Method, Proposal
from ..trial import State, Trial
from ._rungs import Source, check_resource, falling, fidelity_of, going_on, most_within, rungs


@dataclass
class Asha(Method):
    """The paper's eta of 4. Programs begin with `least` and go on eta times as long, up to `most`,
    which is the last rung whatever it is a multiple of.
    `resource` is what is measured out, epochs or data. `inner` proposes the programs that begin,
    else they are drawn.
    """

    eta: int = 4
    least: int = 1
    most: int = 64
    resource: str = "epochs"
    inner: Method | None = None
    _source: Source = field(init=False, repr=False, compare=False)
    _amounts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _rung_of: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _rungs: list[list[Trial]] = field(default_factory=list, init=False, repr=False, compare=False)
    _counts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    _finished: int = field(default=0, init=False, repr=False, compare=False)
    _gone: set[int] = field(default_factory=set, init=False, repr=False, compare=False)

    fidelities = True
    manipulates = ANY_CHOICE
    mechanism = "early stopping"

    def __post_init__(self) -> None:
        check_resource(self.resource, self.least, self.most, self.eta)
        self._source = Source(self.inner)
        self._amounts = rungs(self.least, self.most, self.eta)

    def within(self, whole: Mapping[str, float]) -> Method:
        return replace(self, most=most_within(self.most, self.resource, whole))

    def ask(self, history: History, random: Random) -> Proposal:
        self._read(history)
        for rung in range(len(self._rungs) - 1, -1, -1):
            if rung + 1 < len(self._amounts) and (found := self._ripe(rung)) is not None:
                return going_on(history, found, self._fidelity(rung + 1))
        proposal = self._source.draw(history, random)
        return replace(proposal, fidelity=self._fidelity(0))

    def _ripe(self, rung: int) -> Trial | None:
        """The best of a rung that may go on."""
        top = self._rungs[rung][: self._counts[rung] // self.eta]
        return next((trial for trial in top if trial.number not in self._gone), None)

    def keeps(self, history: History) -> Collection[int]:
        """All that may still rise: the first 1 / eta of a rung grow with the rung."""
        self._read(history)
        return [
            trial.number
            for rung, scored in enumerate(self._rungs)
            if rung + 1 < len(self._amounts)
            for trial in scored
            if trial.number not in self._gone
        ]

    def _read(self, history: History) -> None:
        """Takes in what was proposed and what has finished since the last time."""
        for trial in history.proposed[len(self._rung_of) :]:
            below = -1 if trial.resumes is None else self._rung_of[trial.resumes]
            self._rung_of[trial.number] = below + 1
            if trial.resumes is not None:
                self._gone.add(trial.resumes)
        for trial in history.trials[self._finished :]:
            rung = self._rung_of[trial.number]
            while len(self._rungs) <= rung:
                self._rungs.append([])
                self._counts.append(0)
            self._counts[rung] += 1
            if trial.state is State.DONE:
                insort(self._rungs[rung], trial, key=falling)
        self._finished = len(history.trials)

    def _fidelity(self, rung: int) -> dict[str, float]:
        return fidelity_of(self.resource, self._amounts[rung], self.most)
