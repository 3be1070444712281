"""Trials: one program of a study, where it came from, and what came of it.

A trial is plain data. What a state means stands here and nowhere else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..compiler.spaces.trace import Decision, Trace


class State(StrEnum):
    """Where a trial stands. All but WAITING and RUNNING are final."""

    WAITING = "WAITING"  # proposed, and not being evaluated
    RUNNING = "RUNNING"
    DONE = "DONE"  # it has a score
    NAN = "NAN"  # its score is no finite number
    ERROR = "ERROR"  # the evaluation raised an exception
    TIMEOUT = "TIMEOUT"  # it took longer than a trial may
    LOST = "LOST"  # its worker died, more than once
    OOM = "OOM"  # the evaluation ran out of memory
    PRUNED = "PRUNED"  # stopped early, for others were better

    @property
    def is_final(self) -> bool:
        return self not in (State.WAITING, State.RUNNING)


REPLAYED = frozenset({State.DONE, State.NAN, State.ERROR, State.OOM, State.PRUNED})
"""The outcomes that another evaluation of the same program would bring again."""
SHARED = frozenset({State.DONE, State.NAN})
"""Those that another study takes over: what failed there may be mended, what was stopped early lost
to other trials than those here.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """`hash` is that of the graph; `identity` also tells trainings of one graph apart. `sees` is
    how many finished trials it was proposed from. `resumes` is the trial that it continues,
    `replay_of` the earlier trial of the same identity whose outcome it takes over, `source` the
    same in another study of the store, as `name#number`.

    `scores` are all numbers of the evaluation. `merits` are those that are searched for, in the
    order of the objectives, turned so that more is better; `violation` is by how much it breaks
    the constraints, 0 for a feasible one. `cost` is what the evaluation was planned to take, such
    as epochs. `checkpoint` is the checksum of what it left in its directory, "" for nothing.
    """

    number: int
    text: str
    hash: str
    identity: str
    trace: Trace
    parents: tuple[int, ...] = ()
    seed: int = 0
    fidelity: Mapping[str, float] = field(default_factory=dict)
    sees: int = 0
    resumes: int | None = None
    replay_of: int | None = None
    source: str = ""
    state: State = State.WAITING
    scores: Mapping[str, float | None] = field(default_factory=dict)
    merits: tuple[float, ...] = ()
    violation: float = 0.0
    cost: Mapping[str, float] = field(default_factory=dict)
    checkpoint: str = ""
    attempts: int = 0
    seconds: float = 0.0
    error: str = ""

    @property
    def merit(self) -> float | None:
        """The merit by the first objective; None without a score."""
        return self.merits[0] if self.merits else None

    @property
    def feasible(self) -> bool:
        return self.violation == 0.0

    @property
    def goodness(self) -> tuple[float, float]:
        """By which single trials are compared: the less it violates, then the first objective. Of
        trials with a score alone.
        """
        return (-self.violation, self.merits[0])

    def to_json(self) -> dict[str, Any]:
        """What `archc study show --json` says of it."""
        return {
            "number": self.number,
            "state": str(self.state),
            "hash": self.hash,
            "scores": dict(self.scores),
            "attempts": self.attempts,
            "parents": list(self.parents),
            "fidelity": dict(self.fidelity),
            "resumes": self.resumes,
            "seconds": round(self.seconds, 3),
            "replay_of": self.replay_of,
            "source": self.source or None,
            "feasible": self.feasible,
            "cost": dict(self.cost),
            "trace": trace_pairs(self.trace),
            "error": self.error,
        }


def trace_pairs(trace: Trace) -> list[list[Any]]:
    """A trace as JSON holds it."""
    return [[item.name, item.value] for item in trace]


def trace_text(trace: Trace) -> str:
    """A trace as one line of JSON, by which traces are compared."""
    return json.dumps(trace_pairs(trace), separators=(",", ":"))


def trace_from(text: str) -> Trace:
    """The trace of such a line."""
    return tuple(Decision(name, value) for name, value in json.loads(text))
