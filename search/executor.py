"""The contract of an executor: who evaluates trials, here or elsewhere.

Comes in: tasks. Goes out: what came of them. An executor decides nothing: which trial is evaluated
again after a loss is the study's decision. It also says how an evaluation's answer is read, so that
every executor reads it alike.
"""

import inspect
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from ..compiler.program import Program
from .trial import State

ONLY = "score"
"""What the number of an evaluation is called that returns nothing but one."""

Evaluate = Callable[..., Any]
"""`fn(program)` or `fn(program, trial)`, a number or a dictionary of them."""

Report = tuple[int, str, float | None]
"""A step, the name of a value, the value."""


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at a trial. `directory` is made before and removed after it."""

    number: int
    attempt: int
    program: Program
    seed: int
    fidelity: Mapping[str, float]
    directory: Path
    device: str = "cpu"


@dataclass(slots=True)
class Attempt:
    """What an evaluation is told of its trial, beside the program."""

    number: int
    seed: int
    fidelity: Mapping[str, float]
    device: str
    directory: Path
    reports: list[Report] = field(default_factory=list)

    def report(self, step: int, value: float, name: str = ONLY) -> None:
        """Keeps a value on the way, such as the loss after an epoch."""
        self.reports.append((step, name, finite(float(value))))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt; a score that is no finite number is None."""

    number: int
    attempt: int
    state: State
    scores: Mapping[str, float | None] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    seconds: float = 0.0
    error: str = ""


class Executor(Protocol):
    """`free` is how many tasks it would begin at once, `busy` how many it has not answered yet."""

    @property
    def free(self) -> int: ...

    @property
    def busy(self) -> int: ...

    def start(self, task: Task) -> None:
        """Begins a task; called only while `free` is above 0."""

    def wait(self) -> list[Outcome]:
        """Waits until at least one task has ended; called only while `busy` is above 0."""

    def close(self) -> None:
        """Ends what is still running, at once."""


def finite(value: float) -> float | None:
    """The number, None where it is none that JSON and a database can hold."""
    return value if isfinite(value) else None


def takes_trial(evaluate: Evaluate) -> bool:
    """Whether an evaluation wants the trial as well as the program. Raises TypeError for a function
    that takes neither one nor two.
    """
    try:
        signature = inspect.signature(evaluate)
    except ValueError:  # a function in C tells nothing of its arguments
        return False
    takes = {count for count in (1, 2) if _binds(signature, count)}
    if not takes:
        raise TypeError("evaluate takes (program) or (program, trial)")
    return 1 not in takes or "trial" in list(signature.parameters)[1:2]


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def evaluated(evaluate: Evaluate, task: Task) -> Outcome:
    """Evaluates in this process. An exception of the function becomes an outcome."""
    attempt = Attempt(task.number, task.seed, task.fidelity, task.device, task.directory)
    task.directory.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    state, error = State.DONE, ""
    scores: dict[str, float | None] = {}
    try:
        given = (task.program, attempt) if takes_trial(evaluate) else (task.program,)
        scores = _numbers(evaluate(*given))
    except (Exception, SystemExit) as failure:
        state, error = _state_of(failure), traceback.format_exc()
    seconds = time.monotonic() - begun
    reports = tuple(attempt.reports)
    return Outcome(task.number, task.attempt, state, scores, reports, seconds, error)


def _numbers(answer: Any) -> dict[str, float | None]:
    """An evaluation's answer by name. Raises TypeError for what is no number."""
    named = dict(answer) if isinstance(answer, Mapping) else {ONLY: answer}
    if not named:
        raise TypeError("the evaluation returned an empty dictionary, not a score")
    return {str(name): finite(_number(name, value)) for name, value in named.items()}


def _number(name: object, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(f"the evaluation's {name} is a {kind}, not a number") from None


def _state_of(failure: BaseException) -> State:
    """Out of memory is told by name: PyTorch need not be imported."""
    names = {kind.__name__ for kind in type(failure).__mro__}
    if names & {"MemoryError", "OutOfMemoryError"}:
        return State.OOM
    is_nan = names & {"Diverged"}
    return State.NAN if is_nan else State.ERROR
