"""What can be told of a study without its space: counts by state, the best, a table.

Comes in: a store. Goes out: plain data for the command line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SearchError
from .executor import Report
from .goal import best_of, front_of
from .place import Place, shown
from .store import Store
from .study import EXHAUSTED, INTERRUPTED, OUT_OF_TIME, Study
from .trial import Trial

CUT_OFF = "CUT_OFF"
"""Nobody runs a study that has not come to an end: it was killed, or could not write."""
ENDS = {
    EXHAUSTED: "; nothing new was left to try", INTERRUPTED: "; stopped before its end",
    OUT_OF_TIME: "; the time is over", CUT_OFF: "; it was cut off, and goes on with --resume",
}  # fmt: skip
"""What is said of a study beside its numbers."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One study of a store."""

    path: Place
    name: str
    settings: Mapping[str, Any]
    trials: Sequence[Trial]
    ended: str

    @property
    def best(self) -> Trial | None:
        return best_of(self.trials)

    @property
    def front(self) -> list[Trial]:
        return front_of(self.trials)

    @property
    def states(self) -> dict[str, int]:
        """How many trials there are in each state."""
        return dict(Counter(str(trial.state) for trial in self.trials))

    def score(self, trial: Trial) -> float | None:
        """The first number that is searched for, as the evaluation told it."""
        values = self.values(trial)
        return values[0] if values else None

    def values(self, trial: Trial) -> list[float]:
        """All numbers that are searched for."""
        directions = [maximize for _, maximize in self.settings["objectives"]]
        pairs = zip(directions, trial.merits, strict=False)
        return [merit if maximize else -merit for maximize, merit in pairs]

    def to_json(self) -> dict[str, Any]:
        """What `archc search --json` says."""
        best = self.best
        told = None if best is None else {
            "number": best.number, "text": best.text, "score": self.score(best),
            "metrics": dict(best.scores),
        }  # fmt: skip
        return {
            "study": shown(self.path), "name": self.name, "ended": self.ended,
            "method": self.settings["method"], "trials": self.states, "best": told,
            "front": [trial.number for trial in self.front],
        }  # fmt: skip

    def line(self) -> str:
        """`Space: 12 trials (10 DONE, 2 NAN), best 0.94 in trial 7`."""
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        best = self.best
        found = "" if best is None else f", best {self.score(best):.4g} in trial {best.number}"
        count = len(self.trials)
        trials = "1 trial" if count == 1 else f"{count} trials"
        counted = f"{trials} ({states})" if states else trials
        end = ENDS.get(self.ended, "")
        return f"{self.name}: {counted}{found}{end}; {shown(self.path)}"


def is_begun(place: Place, name: str) -> bool:
    """Whether there is something that a new search of this name would go on with. A file belongs to
    the search that made it, a database to everybody.
    """
    if isinstance(place, Path):
        return place.exists()
    store = Store(place)
    try:
        return store.find(name) is not None
    finally:
        store.close()


def settings_of(place: Place, name: str) -> Mapping[str, Any]:
    """What a study was begun with; nothing if there is none."""
    if isinstance(place, Path) and not place.exists():
        return {}
    store = Store(place)
    try:
        found = store.find(name)
        return {} if found is None else found[1]
    finally:
        store.close()


def of_study(study: Study, path: Place) -> Summary:
    """What can be told of a study that was just run."""
    return Summary(path, study.name, study.settings, study.trials, study.ended)


def summaries(path: Place) -> list[Summary]:
    """The studies of a store, oldest first. Raises SearchError, where there is no file too."""
    if isinstance(path, Path) and not path.is_file():
        raise SearchError(f"there is no study {path}", "it is the file that `--study` names")
    store = Store(path)
    try:
        return [_summary(store, path, name) for name, _ in store.studies()]
    finally:
        store.close()


def _summary(store: Store, path: Place, name: str) -> Summary:
    found = store.find(name)
    assert found is not None
    key, settings = found
    ended = store.ended(key)
    if not ended and store.database.is_run(name) is False:
        ended = CUT_OFF
    return Summary(path, name, settings, store.trials(key), ended)


def reports_of(path: Place, name: str) -> dict[int, list[Report]]:
    """What the trials of a study reported on the way, by their numbers. Raises SearchError."""
    store = Store(path)
    try:
        found = store.find(name)
        return {} if found is None else store.reports(found[0])
    finally:
        store.close()


def summary(path: Place, name: str | None) -> Summary:
    """The study of a name, or the only one. Raises SearchError."""
    found = summaries(path)
    named = [item for item in found if name in (None, item.name)]
    if len(named) == 1:
        return named[0]
    names = ", ".join(item.name for item in found) or "none"
    wanted = "holds several studies" if name is None and found else f"holds no study {name or ''}"
    raise SearchError(f"{shown(path)} {wanted.strip()}", f"name one of these with --name: {names}")
