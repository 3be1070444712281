"""A study: the trials of one search, proposed, evaluated and kept.

Comes in: a space, a method, a store, an executor. Goes out: trials in the store, and the best of
them. Trial n is proposed from exactly the trials 0 to n - lag, in the order of their numbers, so
that the same study comes out however many workers run and however often it is stopped.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.space import Space
from .errors import SearchError
from .executor import ONLY, Executor, Outcome, Task
from .method import Exhausted, Method
from .proposer import Proposer
from .registry import name_of, settings_of
from .store import Store
from .trial import REPLAYED, State, Trial

LAG = 8
MOST_LOSSES = 2
Seen = Callable[[Trial], None]

EXHAUSTED, COMPLETE, OUT_OF_TIME = "EXHAUSTED", "COMPLETE", "OUT_OF_TIME"


@dataclass(frozen=True, slots=True)
class Objective:
    """Which of an evaluation's numbers is searched for. Without a name it is the only one."""

    name: str | None = None
    maximize: bool = True

    def value(self, scores: Mapping[str, float | None]) -> float | None:
        """Raises LookupError where the evaluation does not tell it."""
        if self.name is None and len(scores) == 1:
            return next(iter(scores.values()))
        name = ONLY if self.name is None else self.name
        if name not in scores:
            told = ", ".join(scores)
            wanted = (
                f"no {name!r}" if self.name else "several numbers, and nobody said which counts"
            )
            raise LookupError(f"the evaluation tells {wanted} (it tells: {told})")
        return scores[name]

    def merit(self, value: float) -> float:
        """The value turned so that more is better."""
        return value if self.maximize else -value


class Study:
    """A study of a store: a new one, or the one of that name, which goes on.

    Raises SearchError where the study of that name searches something else.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        space: Space,
        method: Method,
        *,
        seed: int = 0,
        lag: int = LAG,
        objective: Objective | None = None,
        evaluator: str = "",
    ) -> None:
        if lag < 1:
            raise ValueError(f"lag is at least 1, not {lag}")
        self.store = store
        self.name = name
        self.space = space
        self.objective = objective or Objective()
        self.lag = lag
        self.settings = _settings(space, method, seed, lag, self.objective, evaluator)
        self.key = _open(store, name, self.settings)
        self.trials = store.trials(self.key)
        self._proposer = Proposer(space, replace(method), seed, lag, self.trials)
        self._open = {trial.number for trial in self.trials if not trial.state.is_final}
        self.ended = store.ended(self.key)
        self._seen: Seen | None = None

    # --- what came out

    @property
    def best(self) -> Trial | None:
        """The trial with the best score; of equals the first."""
        return best_of(self.trials)

    def program(self, trial: Trial) -> DrawnProgram:
        """The program of a trial."""
        return self.space.from_trace(trial.trace)

    # --- running

    def run(
        self,
        executor: Executor,
        *,
        trials: int,
        seconds: float | None = None,
        seen: Seen | None = None,
    ) -> None:
        """Goes on until the study has so many trials in all, its time is over, or nothing new is
        left. `seen` is called with each trial that has finished.

        Raises KeyboardInterrupt after Ctrl-C: what was being evaluated is evaluated again when the
        study goes on.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        with _alone(self.store, self.name), _scratch(self.store, self.name) as scratch:
            self.store.reclaim(self.key)
            self.trials[:] = self.store.trials(self.key)
            self._open = {trial.number for trial in self.trials if not trial.state.is_final}
            self.ended, self._seen = "", seen
            try:
                while self._fill(executor, trials, deadline, scratch) or executor.busy:
                    for outcome in executor.wait():
                        self._finish(outcome)
            finally:
                executor.close()
            self.ended = self.ended or COMPLETE
            self.store.end(self.key, self.ended)

    def _fill(self, executor: Executor, budget: int, deadline: float | None, scratch: Path) -> bool:
        """Gives the executor what it can take; whether it has anything to do."""
        while executor.free > 0:
            trial = self._waiting()
            if trial is not None:
                self._begin(trial, executor, scratch)
            elif not self._propose(budget, deadline):
                break
        return executor.busy > 0

    def _waiting(self) -> Trial | None:
        """The first trial that is to be evaluated; those that take over an outcome do so."""
        for number in sorted(self._open):
            trial = self.trials[number]
            if trial.state is not State.WAITING:
                continue
            source = None if trial.replay_of is None else self.trials[trial.replay_of]
            if source is None or (source.state.is_final and source.state not in REPLAYED):
                return trial
            if source.state.is_final:
                self._replay(trial, source)
        return None

    def _replay(self, trial: Trial, source: Trial) -> None:
        done = replace(
            trial,
            state=source.state, scores=source.scores, merit=source.merit, error=source.error,
        )  # fmt: skip
        self.store.finish(self.key, done)
        self._keep(done)

    def _propose(self, budget: int, deadline: float | None) -> bool:
        """Whether there is a new trial."""
        if self.ended or len(self.trials) >= budget or not self._proposer.is_ready:
            return False
        if deadline is not None and time.monotonic() >= deadline:
            self.ended = OUT_OF_TIME
            return False
        try:
            trial = self._proposer.propose()
        except Exhausted:
            self.ended = EXHAUSTED
            return False
        self.store.add(self.key, trial)
        self.trials.append(trial)
        self._open.add(trial.number)
        return True

    def _begin(self, trial: Trial, executor: Executor, scratch: Path) -> None:
        begun = replace(trial, state=State.RUNNING, attempts=trial.attempts + 1)
        self.store.begin(self.key, begun)
        self._keep(begun)
        directory = scratch / f"{begun.number}-{begun.attempts}"
        program = self.program(begun)
        task = Task(begun.number, begun.attempts, program, begun.seed, begun.fidelity, directory)
        executor.start(task)

    def _finish(self, outcome: Outcome) -> None:
        trial = self.trials[outcome.number]
        if trial.state is not State.RUNNING or trial.attempts != outcome.attempt:
            return
        done = self._judged(trial, outcome)
        self.store.finish(self.key, done, outcome)
        self._keep(done)

    def _judged(self, trial: Trial, outcome: Outcome) -> Trial:
        """The trial with its outcome: lost ones wait again, once."""
        seconds = trial.seconds + outcome.seconds
        state, error, merit = outcome.state, outcome.error, None
        if state is State.LOST and self.store.losses(self.key, trial.number) + 1 < MOST_LOSSES:
            return replace(trial, state=State.WAITING, seconds=seconds)
        if state is State.DONE:
            try:
                value = self.objective.value(outcome.scores)
            except LookupError as failure:
                state, error = State.ERROR, str(failure)
            else:
                state = State.NAN if value is None else state
                merit = None if value is None else self.objective.merit(value)
        return replace(
            trial, state=state, scores=outcome.scores, merit=merit, seconds=seconds, error=error
        )

    def _keep(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        if trial.state.is_final:
            self._open.discard(trial.number)
            if self._seen is not None:
                self._seen(trial)


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The trial with the best score; of equals the first."""
    done = [trial for trial in trials if trial.state is State.DONE]
    return max(done, key=lambda trial: trial.merit or 0.0, default=None)


def _settings(
    space: Space, method: Method, seed: int, lag: int, objective: Objective, evaluator: str
) -> dict[str, Any]:
    """All that proposals and merits depend on."""
    process = space.process
    values = {**process.overrides, **process.axes}
    return {
        "space": str(space.source),
        "network": space.name,
        "values": {name: str(value) for name, value in values.items()},
        "method": name_of(method),
        "method_settings": settings_of(method),
        "seed": seed,
        "lag": lag,
        "objective": objective.name,
        "maximize": objective.maximize,
        "evaluator": evaluator,
    }


def _open(store: Store, name: str, settings: dict[str, Any]) -> int:
    found = store.find(name)
    if found is None:
        return store.create(name, settings)
    key, before = found
    changed = [item for item in settings if settings[item] != before.get(item)]
    if changed:
        raise SearchError(
            f"the study {name!r} was begun with another {', '.join(changed)}",
            "give this study a name or a store of its own",
        )
    return key


@contextmanager
def _alone(store: Store, name: str) -> Iterator[None]:
    """A study has one coordinator; the lock goes with the process, however it ends."""
    if store.path is None:
        yield
        return
    lock = os.open(f"{store.path}.{_file_name(name)}.lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise SearchError(f"the study {name!r} is being run already", "wait, or stop it") from None
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _scratch(store: Store, name: str) -> Iterator[Path]:
    """The folder of the trials' directories, emptied of what an earlier process left."""
    if store.path is None:
        with tempfile.TemporaryDirectory(prefix="archc-study-") as folder:
            yield Path(folder)
        return
    path = Path(f"{store.path}.{_file_name(name)}.scratch").resolve()
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
