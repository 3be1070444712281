"""How a search tells how it is going.

Comes in: each trial that has finished. Goes out: on a terminal a table that stays at its bottom
(rich), with the best trials, the front, the pace and the time left, and above it a line for each
new best and each failure; elsewhere a line for each trial. Always on stderr.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from ..lazy import lazy_module

if TYPE_CHECKING:
    from rich import console as rich_console
    from rich import live as rich_live
    from rich import progress_bar, table

    from ..search import goal
    from ..search.goal import Goal
    from ..search.trial import Trial
else:
    goal = lazy_module("..search.goal", __package__)
    progress_bar = lazy_module("rich.progress_bar")
    rich_console = lazy_module("rich.console")
    rich_live = lazy_module("rich.live")
    table = lazy_module("rich.table")

SHOWN = 5
"""Trials in the table, the best of them, or of the front."""


@dataclass(slots=True)
class Watched:
    """What is known of a running search."""

    goal: "Goal"
    trials: int | None
    jobs: int
    finished: "list[Trial]" = field(default_factory=list)
    best: "Trial | None" = None
    begun: float = field(default_factory=time.monotonic)

    def add(self, trial: "Trial") -> bool:
        """Whether it is the best so far."""
        self.finished.append(trial)
        if not trial.merits or not trial.feasible:
            return False
        better = self.best is None or trial.merits[0] > self.best.merits[0]
        self.best = trial if better else self.best
        return better

    def values(self, trial: "Trial") -> list[str]:
        """The numbers that are searched for, as the evaluation told them."""
        pairs = zip(self.goal.objectives, trial.merits, strict=False)
        return [number(item.merit(merit)) for item, merit in pairs]

    def line(self, trial: "Trial", better: bool) -> str:
        """`[12/100] trial 11: DONE 0.94, the best so far`."""
        total = "" if self.trials is None else f"/{self.trials}"
        score = " ".join(["", *self.values(trial)])
        score += "".join(f", {name} {value:g}" for name, value in trial.fidelity.items())
        again = "" if trial.replay_of is None else f" (the program of trial {trial.replay_of})"
        again = f" (known from {trial.source})" if trial.source else again
        mark = ", the best so far" if better else ""
        place = f"[{self.done}{total}]"
        return f"{place} trial {trial.number}: {trial.state}{score}{again}{mark}"

    @property
    def pace(self) -> float:
        """Trials a minute, in this run."""
        return 60 * len(self.finished) / max(time.monotonic() - self.begun, 1e-9)

    @property
    def done(self) -> int:
        """How far the study has come, trials of earlier runs included."""
        return 1 + max((trial.number for trial in self.finished), default=-1)

    @property
    def seconds_left(self) -> float | None:
        if self.trials is None or not self.finished:
            return None
        return 60 * max(0, self.trials - self.done) / self.pace


class Lines:
    """A line for each trial."""

    def __init__(self, watched: Watched, stream: TextIO) -> None:
        self.watched = watched
        self.stream = stream

    def __call__(self, trial: "Trial") -> None:
        self.say(self.watched.line(trial, self.watched.add(trial)))

    def say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)


class Table:
    """A table at the bottom of the terminal."""

    def __init__(self, watched: Watched, stream: TextIO) -> None:
        self.watched = watched
        self.console = rich_console.Console(file=stream, highlight=False)
        self.live = rich_live.Live(
            get_renderable=self.render, console=self.console, refresh_per_second=2, transient=True
        )

    def __call__(self, trial: "Trial") -> None:
        better = self.watched.add(trial)
        failed = not trial.merits and str(trial.state) != "PRUNED"
        if better or failed:
            last = trial.error.strip().splitlines()[-1:] if failed else []
            self.say(": ".join([self.watched.line(trial, better), *last]))

    def say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def render(self) -> Any:
        """What is shown now."""
        grid = table.Table.grid(padding=(0, 2))
        grid.add_row(*self._pace())
        return rich_console.Group(grid, self._trials())

    def _pace(self) -> Iterator[Any]:
        watched = self.watched
        if watched.trials is not None:
            yield progress_bar.ProgressBar(watched.trials, watched.done, width=24)
        total = "" if watched.trials is None else f"/{watched.trials}"
        yield f"{watched.done}{total} trials"
        yield f"{watched.pace:.1f} a minute"
        yield f"{watched.jobs} worker{'s' if watched.jobs != 1 else ''}"
        left = watched.seconds_left
        yield "" if left is None else f"{clock(left)} left"
        states = Counter(str(trial.state) for trial in watched.finished)
        yield "  ".join(f"{count} {state}" for state, count in sorted(states.items()))

    def _trials(self) -> Any:
        goals = self.watched.goal.objectives
        several = len(goals) > 1
        shown = table.Table(box=None, pad_edge=False, expand=True)
        for name in ("front" if several else "best", *(item.name or "score" for item in goals)):
            shown.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), 7))
        shown.add_column("choices", no_wrap=True, overflow="ellipsis", ratio=1)
        for trial in self._chosen(several):
            choices = "  ".join(f"{_short(item.name)}={item.value}" for item in trial.trace)
            shown.add_row(str(trial.number), *self.watched.values(trial), choices)
        return shown

    def _chosen(self, several: bool) -> "list[Trial]":
        done = [trial for trial in self.watched.finished if trial.merits and trial.feasible]
        if several:
            done = goal.front_of(done)
        return sorted(done, key=lambda trial: trial.merits[0], reverse=True)[:SHOWN]


@contextmanager
def watching(
    aim: "Goal", trials: int | None, jobs: int, stream: TextIO | None = None
) -> "Iterator[tuple[Callable[[Trial], None], Callable[[str], None]]]":
    """What is called with each trial, and what with whatever else people must know."""
    where = stream or sys.stderr
    watched = Watched(aim, trials, jobs)
    if not where.isatty():
        lines = Lines(watched, where)
        yield lines, lines.say
        return
    shown = Table(watched, where)
    with shown.live:
        yield shown, shown.say


def number(value: float) -> str:
    """`0.9412`, `24,810`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


def clock(seconds: float) -> str:
    """`1:02:03`, `2:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _short(name: str) -> str:
    """A choice without the name of its network."""
    return name.partition(".")[2] or name
