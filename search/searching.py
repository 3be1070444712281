"""A search from beginning to end: the store opened, the study run, the store closed.

Comes in: a space, how a program is evaluated, what to search for. Goes out: the study, whose trials
can be read after its store is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..compiler.spaces.space import Space
from .executor import Evaluate, Executor, takes_trial
from .executors.inline import InlineExecutor
from .executors.local import LocalExecutor
from .method import Method
from .store import Store
from .study import LAG, Objective, Seen, Study


@dataclass(frozen=True, slots=True)
class Search:
    """What a search is told, beside the space, the method and the evaluation.

    `trials` are those of the study in all, `seconds` those of this run, `timeout` those of a trial.
    `jobs` are worker processes; 0 evaluates in this one. `store` is a file, None keeps nothing.
    """

    trials: int = 100
    seconds: float | None = None
    timeout: float | None = None
    jobs: int = 1
    seed: int = 0
    lag: int = LAG
    objective: Objective = field(default_factory=Objective)
    store: Path | None = None
    name: str | None = None
    evaluator: str = ""
    preload: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"trials is at least 1, not {self.trials}")
        if not 0 <= self.jobs <= self.lag:
            raise ValueError(
                f"jobs is 0 to {self.lag}, not {self.jobs}: a trial is proposed from those at "
                f"least {self.lag} before it, so more workers would wait; give a larger lag"
            )


def run(
    space: Space, method: Method, evaluate: Evaluate, search: Search, seen: Seen | None = None
) -> Study:
    """Runs a study, or goes on with the one of its name. Raises SearchError."""
    takes_trial(evaluate)
    store = Store(search.store)
    try:
        study = Study(
            store, search.name or space.name, space, method,
            seed=search.seed, lag=search.lag, objective=search.objective,
            evaluator=search.evaluator,
        )  # fmt: skip
        executor = _executor(evaluate, search)
        study.run(executor, trials=search.trials, seconds=search.seconds, seen=seen)
    finally:
        store.close()
    return study


def _executor(evaluate: Evaluate, search: Search) -> Executor:
    if search.jobs == 0:
        return InlineExecutor(evaluate)
    return LocalExecutor(evaluate, search.jobs, timeout=search.timeout, preload=search.preload)


def objective(maximize: str | None, minimize: str | None, otherwise: str | None) -> Objective:
    """The objective that is named; else to minimise `otherwise`; else the only number there is."""
    if maximize is not None and minimize is not None:
        raise ValueError("a search has one objective: give maximize or minimize")
    if maximize is not None:
        return Objective(maximize)
    name = otherwise if minimize is None else minimize
    return Objective(name, maximize=name is None)
