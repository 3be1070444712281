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


REPLAYED = frozenset({State.DONE, State.NAN, State.ERROR, State.PRUNED})
"""The outcomes that another evaluation of the same program would bring again."""


@dataclass(frozen=True, slots=True)
class Trial:
    """`hash` is that of the graph; `identity` also tells trainings of one graph apart. `scores` are
    the evaluation's numbers, `merit` the one that is searched for, turned so that more is better.
    `replay_of` is the earlier trial of the same identity whose outcome this one takes over.
    """

    number: int
    text: str
    hash: str
    identity: str
    trace: Trace
    parents: tuple[int, ...] = ()
    seed: int = 0
    fidelity: Mapping[str, float] = field(default_factory=dict)
    replay_of: int | None = None
    state: State = State.WAITING
    scores: Mapping[str, float | None] = field(default_factory=dict)
    merit: float | None = None
    attempts: int = 0
    seconds: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """What `archc study show --json` says of it."""
        return {
            "number": self.number,
            "state": str(self.state),
            "hash": self.hash,
            "scores": dict(self.scores),
            "attempts": self.attempts,
            "parents": list(self.parents),
            "seconds": round(self.seconds, 3),
            "replay_of": self.replay_of,
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
