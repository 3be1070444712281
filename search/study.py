"""A study: the trials of one search, proposed, evaluated and kept.

Comes in: a space, a method, a store, an executor. Goes out: trials in the store, and the best of
them. Trial n is proposed from exactly the trials 0 to n - lag (or more, where the method awaits
them), in the order of their numbers, so that the same study comes out however many workers run and
however often it is stopped.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compiler.spaces.space import Space
from ..signals import Stop
from .candidate import Candidate, program_of
from .definition import LAG as LAG
from .definition import Definition, recorded
from .early_stop import Curves
from .errors import SearchError
from .executor import ONLY, Executor, Outcome, Task
from .goal import best_of, front_of, hypervolume
from .handing import Handed
from .ledger import EPOCHS, FLOPS, Budget, Ledger, share_of
from .leftovers import Leftovers, origin
from .method import Exhausted, Method
from .proposer import Proposer
from .registry import fresh
from .stopping import stopping_study
from .store import Store
from .trial import REPLAYED, State, Trial
from .workplace import Workplace, checkpoint_text, files_of, workplace

MOST_LOSSES = 2
Seen = Callable[[Trial], None]
Said = Callable[[str], None]

EXHAUSTED, COMPLETE, OUT_OF_TIME = "EXHAUSTED", "COMPLETE", "OUT_OF_TIME"
INTERRUPTED = "INTERRUPTED"


class Study:
    """A study of a store: a new one, or the one of that name, which goes on. `folder` is where
    trials keep files, beside the store if not given. Keywords make a `Definition`.

    Raises SearchError where the study of that name searches something else.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        space: Space,
        method: Method,
        definition: Definition | None = None,
        *,
        folder: Path | None = None,
        **settings: Any,
    ) -> None:
        self.definition = definition or Definition(**settings)
        self.store = store
        self.name = name
        self.space = space
        self.goal = self.definition.goal
        self.folder = folder
        self.settings = self.definition.to_json(space, method)
        self.key = recorded(store, name, self.settings)
        self.trials = store.trials(self.key)
        self.ended = store.ended(self.key)
        self._method = fresh(method)
        self._budget = Budget()
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

    def hypervolume(self, reference: Mapping[str, float]) -> float:
        """The volume between the front and the worst values that matter, by the objectives' names:
        `{"accuracy": 0.1, "params": 200_000}`. Raises KeyError for one that is missing.
        """
        worst = [item.merit(reference[item.name or ONLY]) for item in self.goal.objectives]
        return hypervolume([trial.merits for trial in self.front], worst)

    def program(self, trial: Trial) -> Candidate:
        """The program of a trial."""
        return program_of(self.space, trial)

    def left(self, trial: Trial) -> Path | None:
        """The directory of a trial, if it was kept and is whole."""
        source = self.trials[origin(self.trials, trial.number)]
        folder = files_of(self.store.path, self.name) if self.folder is None else self.folder
        if folder is None or not source.checkpoint:
            return None
        handed = Workplace(folder).handed(source)
        return handed.directory if handed.is_whole else None

    # --- running

    def run(
        self,
        executor: Executor,
        budget: Budget | None = None,
        *,
        trials: int | None = None,
        seen: Seen | None = None,
        said: Said | None = None,
        adopted: Collection[int] = (),
    ) -> None:
        """Goes on until the budget (or so many trials in all) is spent, or nothing new is left.
        `seen` is called with each trial that has finished, `said` with what people should know.
        `adopted` are trials that the executor has been working on since an earlier run.

        Raises KeyboardInterrupt after Ctrl-C, when what was running has finished, and after
        SIGTERM, when it has been saved; a second signal stops at once, and what was being evaluated
        is evaluated again when the study goes on. Raises SearchError where nothing can be written,
        or nothing tells what the budget counts.
        """
        self._budget = budget or Budget(trials)
        self._seen, self._said = seen, said
        path = self.store.path
        with (
            self.store.alone(self.name),
            workplace(path, self.name, self.folder) as self._place,
            stopping_study(executor.withdraw, executor.interrupt, self._say) as stop,
        ):
            self._reopen(adopted)
            try:
                while self._fill(executor, stop) or executor.busy:
                    for outcome in executor.wait():
                        self._finish(outcome, stop)
            finally:
                executor.close()
            self.ended = INTERRUPTED if stop.wanted else self.ended or COMPLETE
            self.store.end(self.key, self.ended)
        if stop.wanted:
            raise KeyboardInterrupt

    def _reopen(self, adopted: Collection[int]) -> None:
        """The study as the store has it; what was running when it ended waits again."""
        self._left = Leftovers(self._place, self.trials, self.definition.salvages)
        killed = self._left.killed(self.store.trials(self.key), adopted)
        self.store.reclaim(self.key, adopted, killed)
        self.trials[:] = self.store.trials(self.key)
        self.ended = ""
        self._open = {trial.number for trial in self.trials if not trial.state.is_final}
        self._place.open(self.trials)
        self._held: Trial | None = None
        seconds = self._budget.seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        definition, first = self.definition, self.goal.objectives[0]
        self._method = fresh(self._method)
        self._proposer = Proposer(
            self.space, self._method, definition.seed, definition.lag, self.trials,
            definition.evaluator, self.goal.names,
            Ledger(definition.whole),
        )  # fmt: skip
        sign = 1.0 if first.maximize else -1.0
        self._curves = Curves(definition.early_stop, first.name or "score", sign)
        if definition.early_stop is not None:
            for number, reports in self.store.curves(self.key, self._curves.name).items():
                self._curves.add(self.trials[number], reports)
        for number in sorted(self._open):
            seen = self._proposer.history.trials[: self.trials[number].sees]
            self._curves.propose(self.trials[number], seen)

    def _fill(self, executor: Executor, stop: Stop) -> bool:
        """Gives the executor what it can take; whether it has anything to do."""
        while executor.free > 0 and not stop.wanted:
            trial = self._waiting()
            if trial is not None:
                self._begin(trial, executor)
            elif not self._propose():
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
        shared = self.definition.shared
        found = self.store.finished(trial.identity, self.key) if shared else None
        return found is not None and self._replay(trial, found[1], f"{found[0]}#{found[1].number}")

    def _replay(self, trial: Trial, source: Trial, name: str) -> bool:
        done = replace(trial, source=name)
        done = self.goal.judged(done, source.state, {**trial.scores, **source.scores}, source.error)
        if name and done.state is not source.state:
            return False  # the other study did not measure what counts here
        self.store.finish(self.key, done)
        self._keep(done)
        return True

    def _propose(self) -> bool:
        """Whether there is a new trial."""
        most = self._budget.trials
        if self.ended or (most is not None and len(self.trials) >= most):
            return False
        if not self._proposer.is_ready:
            return False
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.ended = OUT_OF_TIME
            return False
        try:
            trial = self._held or self._proposer.propose()
        except Exhausted:
            self.ended = EXHAUSTED
            return False
        if trial is None:
            return False
        self._require_cost(trial)
        if not self._proposer.ledger.has_room(trial, self._budget):
            self._held = trial
            return False
        self._held = None
        self.store.add(self.key, trial)
        self._curves.propose(trial, self._proposer.history.trials)
        self.trials.append(trial)
        self._open.add(trial.number)
        self._left.tidy(self._open, self._proposer)
        return True

    def _require_cost(self, trial: Trial) -> None:
        wanted = {EPOCHS: self._budget.epochs, FLOPS: self._budget.flops}
        for name, most in wanted.items():
            if most is not None and name not in trial.cost and trial.replay_of is None:
                raise SearchError(
                    f"nothing tells how many {name} a trial takes, which the budget counts",
                    "give a budget in trials or seconds, or let the file's `train` evaluate",
                )

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
            bars=self._curves.bars(begun),
            token=token,
        )
        executor.start(task)

    def _handed(self, trial: Trial) -> Handed | None:
        """What a trial starts from; what is missing is said."""
        source = self._left.source(trial)
        if source is not None and source.source and not source.checkpoint:
            text = f"trial {source.number} was taken over from {source.source} without its files"
            self._note(f"trial {trial.number}: {text}; trained from the start")
        handed = self._left.handed(trial)
        if handed is not None and not handed.checksum:
            self._note(f"trial {trial.number} goes on from what its killed attempt had saved")
        return handed

    def _finish(self, outcome: Outcome, stop: Stop) -> None:
        trial = self.trials[outcome.number]
        if trial.state is not State.RUNNING or trial.attempts != outcome.attempt:
            return
        if outcome.fatal:
            advice = "make room, and go on with the study: nothing that had finished is lost"
            raise SearchError(f"trial {outcome.number}: {outcome.fatal}", advice)
        done = self._outcome(trial, outcome, stop)
        lost = outcome.state is State.LOST and done.state is State.WAITING
        again = (f"{outcome.error}; it is evaluated again",) if lost else ()
        for text in (*outcome.notes, *again):
            self._note(f"trial {outcome.number}: {text}")
        if not self.store.finish(self.key, done, outcome):
            return
        self._curves.add(done, outcome.reports)
        self._left.settle(outcome, done)
        self._keep(done)
        self._left.tidy(self._open, self._proposer)

    def _outcome(self, trial: Trial, outcome: Outcome, stop: Stop) -> Trial:
        """The trial with its outcome: a lost one waits again, once, and so does a stopped one."""
        trial = replace(trial, seconds=trial.seconds + outcome.seconds)
        waits = replace(trial, state=State.WAITING, checkpoint=self._left.saved(trial, outcome))
        lost = outcome.state is State.LOST
        if outcome.state is State.WAITING or (lost and stop.wanted):
            stop.wanted = stop.wanted or not outcome.elsewhere
            return waits
        if lost and self.store.losses(self.key, trial.number) + 1 < MOST_LOSSES:
            return waits
        scores = {**trial.scores, **outcome.scores}
        done = self.goal.judged(trial, outcome.state, scores, outcome.error)
        left = checkpoint_text(outcome) if done.state is State.DONE else ""
        last = max((step for step, _, _ in outcome.reports), default=None)
        return replace(done, checkpoint=left, cost=share_of(done, last))

    def _keep(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        if trial.state.is_final:
            self._open.discard(trial.number)
            self._proposer.finished(trial)
            self._curves.finished(trial)
            if self._seen is not None:
                self._seen(trial)

    def _note(self, text: str) -> None:
        """Something that people should know, now and later."""
        self.store.note(self.key, "note", text)
        self._say(text)

    def _say(self, text: str) -> None:
        if self._said is not None:
            self._said(text)
