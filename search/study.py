"""A study: the trials of one search, proposed, evaluated and kept.

Comes in: a space, a method, a store, an executor. Goes out: trials in the store, and the best of
them. Trial n is proposed from exactly the trials 0 to n - lag (or more, where the method awaits
them), in the order of their numbers, so that the same study comes out however many workers run and
however often it is stopped.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.space import Space
from .errors import SearchError
from .executor import Executor, Outcome, Task
from .goal import Goal, best_of, front_of
from .handing import Handed
from .method import Exhausted, Method
from .proposer import Proposer
from .registry import fresh, name_of, settings_of
from .stopping import Stop, stopping
from .store import Store
from .trial import REPLAYED, State, Trial
from .workplace import Workplace, checkpoint_text, workplace

LAG = 8
MOST_LOSSES = 2
BEST = 3
"""Of how many trials what they left is kept for being the best."""
Seen = Callable[[Trial], None]
Said = Callable[[str], None]

EXHAUSTED, COMPLETE, OUT_OF_TIME = "EXHAUSTED", "COMPLETE", "OUT_OF_TIME"
INTERRUPTED = "INTERRUPTED"


class Study:
    """A study of a store: a new one, or the one of that name, which goes on.

    `lag` None makes it asynchronous: a trial is proposed from all that have finished. `evaluator`
    is what an outcome depends on beside program, seed and fidelity; if it is `shared`, outcomes of
    the same identity are taken over from the other studies of the store. `folder` is where trials
    keep files, beside the store if not given.

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
        lag: int | None = LAG,
        goal: Goal | None = None,
        evaluator: str = "",
        shared: bool = False,
        folder: Path | None = None,
    ) -> None:
        if lag is not None and lag < 1:
            raise ValueError(f"lag is at least 1, not {lag}")
        self.store = store
        self.name = name
        self.space = space
        self.goal = goal or Goal()
        self.lag = lag
        self.shared = shared
        self.folder = folder
        self.settings = _settings(space, method, seed, lag, self.goal, evaluator)
        self.key = _open(store, name, self.settings)
        self.trials = store.trials(self.key)
        self._method = fresh(method)
        self._proposer = Proposer(
            space, self._method, seed, lag, self.trials, evaluator, self.goal.names
        )
        self._open = {trial.number for trial in self.trials if not trial.state.is_final}
        self.ended = store.ended(self.key)
        self._seen: Seen | None = None
        self._said: Said | None = None
        self._place = Workplace(Path())

    # --- what came out

    @property
    def best(self) -> Trial | None:
        """The feasible trial that is best by the first objective; of equals the first."""
        return best_of(self.trials)

    @property
    def front(self) -> list[Trial]:
        """The feasible trials that no other is better than in every objective."""
        return front_of(self.trials)

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
        said: Said | None = None,
    ) -> None:
        """Goes on until the study has so many trials in all, its time is over, or nothing new is
        left. `seen` is called with each trial that has finished, `said` with what people should
        know.

        Raises KeyboardInterrupt after Ctrl-C, when what was running has finished, and after
        SIGTERM, when it has been saved; a second signal stops at once, and what was being evaluated
        is evaluated again when the study goes on. Raises SearchError where nothing can be written.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        self.ended, self._seen, self._said = "", seen, said
        path = self.store.path
        with (
            self.store.alone(self.name),
            workplace(path, self.name, self.folder) as self._place,
            stopping(executor.interrupt, self._say) as stop,
        ):
            self._reopen()
            try:
                while self._fill(executor, trials, deadline, stop) or executor.busy:
                    for outcome in executor.wait():
                        self._finish(outcome, stop)
            finally:
                executor.close()
            self.ended = INTERRUPTED if stop.wanted else self.ended or COMPLETE
            self.store.end(self.key, self.ended)
        if stop.wanted:
            raise KeyboardInterrupt

    def _reopen(self) -> None:
        """What was running when the study ended waits again."""
        self.store.reclaim(self.key)
        self.trials[:] = self.store.trials(self.key)
        self._open = {trial.number for trial in self.trials if not trial.state.is_final}
        self._place.open(self.trials)

    def _fill(self, executor: Executor, budget: int, deadline: float | None, stop: Stop) -> bool:
        """Gives the executor what it can take; whether it has anything to do."""
        while executor.free > 0 and not stop.wanted:
            trial = self._waiting()
            if trial is not None:
                self._begin(trial, executor)
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
                if not self._taken_over(trial):
                    return trial
            elif source.state.is_final:
                self._replay(trial, source, "")
        return None

    def _taken_over(self, trial: Trial) -> bool:
        """Whether another study of the store knew what comes of a trial."""
        found = self.store.finished(trial.identity, self.key) if self.shared else None
        return found is not None and self._replay(trial, found[1], f"{found[0]}#{found[1].number}")

    def _replay(self, trial: Trial, source: Trial, name: str) -> bool:
        done = replace(trial, source=name)
        done = self._judged(done, source.state, {**trial.scores, **source.scores}, source.error)
        if name and done.state is not source.state:
            return False  # the other study did not measure what counts here
        self.store.finish(self.key, done)
        self._keep(done)
        return True

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
        if trial is None:
            return False
        self.store.add(self.key, trial)
        self.trials.append(trial)
        self._open.add(trial.number)
        self._tidy()
        return True

    def _begin(self, trial: Trial, executor: Executor) -> None:
        begun = replace(trial, state=State.RUNNING, attempts=trial.attempts + 1)
        handed = self._handed(begun)
        token = self.store.begin(self.key, begun)
        self._keep(begun)
        task = Task(
            begun.number,
            begun.attempts,
            self.program(begun),
            begun.seed,
            begun.fidelity,
            self._place.directory(begun.number, begun.attempts),
            handed=handed,
            token=token,
        )
        executor.start(task)

    def _handed(self, trial: Trial) -> Handed | None:
        """What a trial starts from: what its own earlier attempt saved, or the trial it resumes."""
        source = trial
        if not trial.checkpoint:
            if trial.resumes is None:
                return None
            source = self.trials[self._origin(trial.resumes)]
        if source.checkpoint:
            return self._place.handed(source)
        if source.source:
            text = f"trial {source.number} was taken over from {source.source} without its files"
            self._note(f"trial {trial.number}: {text}; trained from the start")
        return None

    def _origin(self, number: int) -> int:
        """The trial that was evaluated where this one took over its outcome."""
        replayed = self.trials[number].replay_of
        return number if replayed is None or self.trials[number].attempts else replayed

    def _finish(self, outcome: Outcome, stop: Stop) -> None:
        trial = self.trials[outcome.number]
        if trial.state is not State.RUNNING or trial.attempts != outcome.attempt:
            return
        if outcome.fatal:
            advice = "make room, and go on with the study: nothing that had finished is lost"
            raise SearchError(f"trial {outcome.number}: {outcome.fatal}", advice)
        for text in outcome.notes:
            self._note(f"trial {outcome.number}: {text}")
        done = self._outcome(trial, outcome, stop)
        if not self.store.finish(self.key, done, outcome):
            return
        if outcome.checkpoint and done.checkpoint == checkpoint_text(outcome):
            self._place.keep(outcome)
        else:
            self._place.remove(outcome.number, outcome.attempt)
        self._keep(done)
        self._tidy()

    def _outcome(self, trial: Trial, outcome: Outcome, stop: Stop) -> Trial:
        """The trial with its outcome: a lost one waits again, once, and so does a stopped one."""
        trial = replace(trial, seconds=trial.seconds + outcome.seconds)
        if outcome.state is State.WAITING or (outcome.state is State.LOST and stop.wanted):
            stop.wanted = True
            saved = checkpoint_text(outcome) or trial.checkpoint
            return replace(trial, state=State.WAITING, checkpoint=saved)
        lost = outcome.state is State.LOST
        if lost and self.store.losses(self.key, trial.number) + 1 < MOST_LOSSES:
            return replace(trial, state=State.WAITING)
        scores = {**trial.scores, **outcome.scores}
        done = self._judged(trial, outcome.state, scores, outcome.error)
        left = checkpoint_text(outcome) if done.state is State.DONE else ""
        return replace(done, checkpoint=left)

    def _judged(
        self, trial: Trial, state: State, scores: Mapping[str, float | None], error: str
    ) -> Trial:
        """The trial with a final state, and what its numbers mean here."""
        merits: tuple[float, ...] = ()
        violation = 0.0
        if state is State.DONE:
            try:
                judged = self.goal.judge(scores)
            except LookupError as failure:
                state, error = State.ERROR, str(failure)
            else:
                state = State.NAN if judged is None else state
                merits, violation = judged or (merits, violation)
        return replace(
            trial, state=state, scores=scores, merits=merits, violation=violation, error=error
        )

    def _keep(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        if trial.state.is_final:
            self._open.discard(trial.number)
            self._proposer.finished(trial)
            if self._seen is not None:
                self._seen(trial)

    def _tidy(self) -> None:
        """Removes what was left by trials that nobody goes on from any more."""
        left = self._place.left
        if len(left) <= BEST:
            return
        done = [self.trials[number] for number in left if self.trials[number].merits]
        # of equals the last, which may have been trained further
        best = sorted(done, key=lambda trial: (trial.goodness, trial.number))[-BEST:]
        needed = {trial.number for trial in best} | self._open
        needed |= {number for number in left if not self._proposer.is_visible(number)}
        resumed = [self.trials[number].resumes for number in self._open]
        kept = [n for n in self._method.keeps(self._proposer.history) if n < len(self.trials)]
        needed |= {self._origin(n) for n in (*kept, *resumed) if n is not None}
        for number in set(left) - needed:
            self._place.drop(number)

    def _note(self, text: str) -> None:
        """Something that people should know, now and later."""
        self.store.note(self.key, "note", text)
        self._say(text)

    def _say(self, text: str) -> None:
        if self._said is not None:
            self._said(text)


def _settings(
    space: Space, method: Method, seed: int, lag: int | None, goal: Goal, evaluator: str
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
        **goal.to_json(),
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
