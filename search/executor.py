"""The contract of an executor: who evaluates trials, here or elsewhere.

Comes in: tasks. Goes out: what came of them. An executor decides nothing: which trial is evaluated
again after a loss is the study's decision. It also says how an evaluation's answer is read, so that
every executor reads it alike.
"""

import errno
import inspect
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from pathlib import Path
from typing import Any, Protocol

from ..compiler.program import Program
from .handing import Handed, checksum_of, take_over
from .trial import State

ONLY = "score"
"""What the number of an evaluation is called that returns nothing but one."""

Evaluate = Callable[..., Any]
"""`fn(program)` or `fn(program, trial)`, a number or a dictionary of them."""

Report = tuple[int, str, float | None]
"""A step, the name of a value, the value."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What the best value of the number `name` up to a step must reach at that step, more being
    better once it is multiplied by `sign`; `best` was reached before.
    """

    name: str
    sign: float
    steps: Mapping[int, float]
    best: float = -inf


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at a trial. `evaluated` makes its `directory`, from what was `handed` to it if
    anything was; the study removes it. `bars` says when it is stopped early, `token` is what its
    outcome must show to be taken.
    """

    number: int
    attempt: int
    program: Program
    seed: int
    fidelity: Mapping[str, float]
    directory: Path
    device: str = "cpu"
    handed: Handed | None = None
    bars: Bars | None = None
    token: str = ""


class Pruned(Exception):
    """Raised by `trial.report` where others were better at that step; let it pass."""


@dataclass(slots=True)
class Attempt:
    """What an evaluation is told of its trial, beside the program. `resumed` is the number of the
    trial whose files are in `directory`, to be gone on from; None for a fresh start. `salvaged`
    tells that they are those of an attempt at this trial that was killed: some may be cut off.
    """

    number: int
    seed: int
    fidelity: Mapping[str, float]
    device: str
    directory: Path
    resumed: int | None = None
    salvaged: bool = False
    bars: Bars | None = None
    reports: list[Report] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def report(self, step: int, value: float, name: str = ONLY) -> None:
        """Keeps a value on the way, such as the loss after an epoch. Raises Pruned where the study
        stops trials early and this one is behind.
        """
        known = finite(float(value))
        self.reports.append((step, name, known))
        bars = self.bars
        if bars is None or name != bars.name:
            return
        best = max(bars.best, -inf if known is None else bars.sign * known)
        self.bars = replace(bars, best=best)
        if best < bars.steps.get(step, -inf):
            raise Pruned(f"{name} was {value:.4g} at step {step}, behind the others")

    def note(self, text: str) -> None:
        """Says something of this trial that people should know."""
        self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt; a score that is no finite number is None.

    The state WAITING says that the attempt was stopped, and is to go on later from its directory.
    `checkpoint` is the checksum of what is in the directory, `notes` are for people; `fatal` is why
    no further trial can work either, such as a full disk. `elsewhere` tells that a worker found it
    that is not the coordinator's: if that one was stopped, the study was not.
    """

    number: int
    attempt: int
    state: State
    scores: Mapping[str, float | None] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    seconds: float = 0.0
    error: str = ""
    checkpoint: str = ""
    notes: tuple[str, ...] = ()
    fatal: str = ""
    token: str = ""
    elsewhere: bool = False


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

    def withdraw(self) -> None:
        """Takes back what nobody has begun to evaluate; `wait` tells that it waits again. Called by
        a signal's handler, in the middle of whatever: so it may do no more than note it.
        """

    def interrupt(self) -> None:
        """Asks what is running to save its state and stop soon; `wait` then tells what came of
        it. Called by a signal's handler too.
        """

    def close(self) -> None:
        """Ends what is still running, at once."""


def finite(value: float) -> float | None:
    """The number, None where it is none that JSON and a database can hold."""
    return value if isfinite(value) else None


def salvages(evaluate: Evaluate) -> bool:
    """Whether an evaluation goes on from the files of an attempt that was killed: one that finds
    out by itself which of them are whole says so by an attribute `salvages`.
    """
    return bool(getattr(evaluate, "salvages", False))


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
    begun = time.monotonic()
    attempt = Attempt(
        task.number, task.seed, task.fidelity, task.device, task.directory, bars=task.bars
    )
    state, error, fatal, checkpoint = State.DONE, "", "", ""
    scores: dict[str, float | None] = {}
    try:
        _begin(task, attempt)
        given = (task.program, attempt) if takes_trial(evaluate) else (task.program,)
        scores = _numbers(evaluate(*given))
        checkpoint = checksum_of(task.directory)
    except Pruned as stopped:
        state, error = State.PRUNED, str(stopped)
    except KeyboardInterrupt:
        state, checkpoint = State.WAITING, checksum_of(task.directory)
    except (Exception, SystemExit) as failure:
        state, error, fatal = _state_of(failure), traceback.format_exc(), _fatal(failure)
    return Outcome(
        task.number,
        task.attempt,
        state,
        scores,
        tuple(attempt.reports),
        time.monotonic() - begun,
        error,
        checkpoint,
        tuple(attempt.notes),
        fatal,
        task.token,
    )


def _begin(task: Task, attempt: Attempt) -> None:
    """The directory, with what another attempt left for this one."""
    trouble = take_over(task.handed, task.directory)
    if trouble:
        attempt.note(trouble)
    elif task.handed is not None:
        attempt.resumed = task.handed.trial
        attempt.salvaged = not task.handed.checksum


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
    if names & {"MemoryError", "OutOfMemoryError"} or _says_no_memory(failure):
        return State.OOM
    is_nan = names & {"Diverged"}
    return State.NAN if is_nan else State.ERROR


NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def _says_no_memory(failure: BaseException) -> bool:
    """PyTorch on the CPU tells it in a RuntimeError's words alone."""
    text = str(failure).lower()
    return isinstance(failure, RuntimeError) and any(words in text for words in NO_MEMORY)


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _fatal(failure: BaseException | None) -> str:
    """Why nothing further can be evaluated either; an empty text for a trial's own failure."""
    while failure is not None:
        if isinstance(failure, OSError) and failure.errno in NO_ROOM:
            return f"nothing more can be written: {failure.strerror}"
        failure = failure.__cause__ or failure.__context__
    return ""
