"""What the trials of a study left in their directories: what is kept, and who goes on from it.

Comes in: the trials, the place where they work. Goes out: what a trial starts from; and nothing is
left in the end that nobody goes on from, but for the best few.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from .executor import Outcome
from .handing import Handed
from .proposer import Proposer
from .trial import State, Trial
from .workplace import Workplace, checkpoint_text

BEST = 3
"""Of how many trials what they left is kept for being the best."""


def origin(trials: Sequence[Trial], number: int) -> int:
    """The trial that was evaluated where this one took over its outcome."""
    replayed = trials[number].replay_of
    return number if replayed is None or trials[number].attempts else replayed


class Leftovers:
    """Of a study that runs. One that `salvages` goes on from the files of killed attempts too."""

    def __init__(self, place: Workplace, trials: Sequence[Trial], salvages: bool) -> None:
        self.place = place
        self.trials = trials
        self.salvages = salvages

    def source(self, trial: Trial) -> Trial | None:
        """The trial from which one goes on: itself, where an earlier attempt saved something."""
        if trial.checkpoint:
            return trial
        return None if trial.resumes is None else self.trials[origin(self.trials, trial.resumes)]

    def handed(self, trial: Trial) -> Handed | None:
        """What a trial starts from."""
        source = self.source(trial)
        return self.place.handed(source) if source is not None and source.checkpoint else None

    def killed(self, trials: Sequence[Trial], adopted: Collection[int]) -> Mapping[int, str]:
        """What trials keep that were running when their study ended, by their numbers."""
        running = [
            trial
            for trial in trials
            if trial.state is State.RUNNING and trial.number not in adopted
        ]
        return {trial.number: self.salvaged(trial) for trial in running}

    def salvaged(self, trial: Trial) -> str:
        """What a trial keeps whose last attempt was killed: what that had written so far, else what
        it had started from.
        """
        path: Path = self.place.directory(trial.number, trial.attempts)
        return f"{trial.attempts}:" if self.salvages and path.is_dir() else trial.checkpoint

    def saved(self, trial: Trial, outcome: Outcome) -> str:
        """What a trial keeps that is to be evaluated again."""
        if outcome.state is State.LOST:
            return self.salvaged(trial)
        return checkpoint_text(outcome) or trial.checkpoint

    def settle(self, outcome: Outcome, trial: Trial) -> None:
        """Keeps what an attempt left if its trial does, and removes it otherwise."""
        if trial.checkpoint and trial.checkpoint in (
            checkpoint_text(outcome),
            f"{outcome.attempt}:",
        ):
            self.place.keep(outcome)
        else:
            self.place.remove(outcome.number, outcome.attempt)

    def tidy(self, open: Collection[int], proposer: Proposer) -> None:
        """Removes what was left by trials that nobody goes on from any more."""
        left = self.place.left
        if len(left) <= BEST:
            return
        done = [self.trials[number] for number in left if self.trials[number].merits]
        # of equals the last, which may have been trained further
        best = sorted(done, key=lambda trial: (trial.goodness, trial.number))[-BEST:]
        needed = {trial.number for trial in best} | set(open)
        needed |= {number for number in left if not proposer.is_visible(number)}
        resumed = [self.trials[number].resumes for number in open]
        keeps = proposer.method.keeps(proposer.history)
        kept = [number for number in keeps if number < len(self.trials)]
        needed |= {origin(self.trials, n) for n in (*kept, *resumed) if n is not None}
        for number in set(left) - needed:
            self.place.drop(number)
