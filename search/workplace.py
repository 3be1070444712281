"""Where the trials of a study work: a folder beside its store.

Comes in: a store, the name of a study. Goes out: a directory for each attempt, of which those stay
that a later trial may go on from. A checkpoint is named by its attempt and its checksum, so that
the store, which is written after it, says which directories count, whenever the study was killed.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .databases.sqlite import file_name
from .executor import Outcome
from .handing import NEW, Handed
from .trial import State, Trial


@dataclass(slots=True)
class Workplace:
    """`left` are the directories that finished trials left, by their numbers."""

    path: Path
    left: dict[int, Path] = field(default_factory=dict)

    def open(self, trials: Collection[Trial]) -> None:
        """Knows what was left, and removes what a kill left over."""
        self.path.mkdir(parents=True, exist_ok=True)
        places = {trial.number: self.checkpoint(trial) for trial in trials if trial.checkpoint}
        self.left = {number: path for number, path in places.items() if path.is_dir()}
        known = set(self.left.values())
        known |= {
            self.directory(trial.number, trial.attempts)
            for trial in trials
            if trial.state is State.RUNNING
        }
        for path in self.path.iterdir():
            if path not in known:
                shutil.rmtree(path, ignore_errors=True)

    def directory(self, number: int, attempt: int) -> Path:
        return self.path / f"{number}-{attempt}"

    def checkpoint(self, trial: Trial) -> Path:
        """Where a trial left what its `checkpoint` tells of."""
        return self.directory(trial.number, int(trial.checkpoint.partition(":")[0]))

    def handed(self, trial: Trial) -> Handed:
        """What a trial left, for another."""
        checksum = trial.checkpoint.partition(":")[2]
        return Handed(trial.number, self.checkpoint(trial), checksum)

    def keep(self, outcome: Outcome) -> None:
        """Keeps what an attempt left, instead of what an earlier one of the trial did."""
        self.drop(outcome.number)
        self.left[outcome.number] = self.directory(outcome.number, outcome.attempt)

    def remove(self, number: int, attempt: int) -> None:
        """Removes the directory of an attempt that left nothing of use."""
        path = self.directory(number, attempt)
        for item in (path, path.with_name(f"{path.name}{NEW}")):
            shutil.rmtree(item, ignore_errors=True)

    def drop(self, number: int) -> None:
        """Removes what a trial left."""
        path = self.left.pop(number, None)
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)


def checkpoint_text(outcome: Outcome) -> str:
    """What a trial keeps of an attempt's checkpoint."""
    return f"{outcome.attempt}:{outcome.checkpoint}" if outcome.checkpoint else ""


@contextmanager
def workplace(store: Path | None, name: str, folder: Path | None = None) -> Iterator[Workplace]:
    """The folder of a study: the one that is given, else beside the store; without a store one that
    goes when the run ends.
    """
    folder = files_of(store, name) if folder is None else folder
    if folder is not None:
        yield Workplace(folder.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="archc-study-") as temporary:
        yield Workplace(Path(temporary))


def files_of(store: Path | None, name: str) -> Path | None:
    """Where the trials of a study keep files, if it is not told."""
    return None if store is None else Path(f"{store}.{file_name(name)}.files")
