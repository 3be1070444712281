"""A search from beginning to end: the store opened, the study run, the store closed.

Comes in: a space, how a program is evaluated, what to search for. Goes out: the study, whose trials
can be read after its store is closed.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.space import Space
from .definition import Definition
from .engines import Engine
from .errors import SearchError
from .executor import Evaluate, takes_trial
from .executors.workers import WorkersExecutor
from .goal import Goal, Objective, constraint
from .ledger import Budget
from .method import Method
from .place import Place, place_of
from .registry import name_of, settings_of
from .statics import STATICS, static_number
from .store import Store
from .study import Said, Seen, Study

Names = str | Sequence[str] | None
"""One number's name, or several, or none."""
Bounds = tuple[float | None, float | None]
TRIALS = 100


@dataclass(frozen=True, slots=True)
class Search:
    """What a search is told, beside the space, the method and the evaluation.

    `store` is a file or the URL of a database, None keeps nothing. `folder` is where trials keep
    files, beside the store if not given; one that machines share lets each go on from the others'.
    """

    definition: Definition = field(default_factory=Definition)
    budget: Budget = field(default_factory=lambda: Budget(TRIALS))
    engine: Engine = field(default_factory=Engine)
    store: Place | None = None
    name: str | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        lag, jobs = self.definition.lag, self.engine.jobs
        if lag is not None and jobs > lag:
            raise ValueError(
                f"jobs is 0 to {lag}, not {jobs}: a trial is proposed from those at "
                f"least {lag} before it, so more workers would wait; give a larger lag, or "
                "make it asynchronous"
            )


def run(
    space: Space,
    method: Method,
    evaluate: Evaluate,
    search: Search,
    seen: Seen | None = None,
    said: Said | None = None,
) -> Study:
    """Runs a study, or goes on with the one of its name. Raises SearchError."""
    check_evaluation(method, evaluate)
    goal = search.definition.goal
    method = _within(method, search.definition, said)
    static = is_static(goal)
    _check_statics(space, goal)
    store = Store(search.store, restore=True)
    try:
        name = search.name or space.name
        study = Study(store, name, space, method, search.definition, folder=search.folder)
        engine = Engine(jobs=0) if static else search.engine
        executor = engine.executor(_nothing if static else evaluate, study)
        adopted = executor.adopted if isinstance(executor, WorkersExecutor) else ()
        study.run(executor, search.budget, seen=seen, said=said, adopted=adopted)
    finally:
        store.close()
    return study


def _within(method: Method, definition: Definition, said: Said | None) -> Method:
    """The method for trainings of this length; what is changed is said."""
    found = method.within(definition.whole.fidelity)
    before, after = settings_of(method), settings_of(found)
    changed = [f"{name} = {after[name]}" for name in after if after[name] != before[name]]
    if changed and said is not None:
        epochs = definition.whole.epochs
        said(f"a training has {epochs:g} epochs, so {name_of(method)} has {', '.join(changed)}")
    return found


def check_evaluation(method: Method, evaluate: Evaluate) -> None:
    """Raises TypeError for what is no evaluation, SearchError for one that cannot train as much as
    it is told to by a method that sets fidelities.
    """
    if not takes_trial(evaluate) and method.fidelities:
        raise SearchError(
            f"{name_of(method)} tells how far each program is trained, which evaluate(program) "
            "cannot know",
            "write evaluate(program, trial): train as far as trial.fidelity says, keep the state "
            "in trial.directory, and go on from there where trial.resumed is a number",
        )


def is_static(goal: Goal) -> bool:
    """Whether everything that counts is known without evaluating anything."""
    return bool(goal.names) and set(goal.names) <= STATICS.keys()


def _check_statics(space: Space, goal: Goal) -> None:
    """Raises SearchError where a number depends on axes without a size."""
    program: DrawnProgram = space.sample()
    for name in goal.names:
        if name in STATICS:
            static_number(program, name)


def _nothing(program: DrawnProgram) -> dict[str, float]:
    return {"params": float(program.params)}


def goal(
    maximize: Names,
    minimize: Names,
    otherwise: str | None,
    constraints: Mapping[str, Bounds] | None = None,
) -> Goal:
    """The objectives that are named, what is maximised first; else to minimise `otherwise`; else
    the only number there is. `constraints` are the least and the most of numbers.
    """
    named = [Objective(name) for name in _names(maximize)]
    named += [Objective(name, maximize=False) for name in _names(minimize)]
    if not named:
        named = [Objective(otherwise, maximize=otherwise is None)]
    kept = (constraint(name, *bounds) for name, bounds in (constraints or {}).items())
    return Goal(tuple(named), tuple(kept))


def _names(given: Names) -> Sequence[str]:
    return [given] if isinstance(given, str) else given or ()


def place_or_none(store: str | os.PathLike[str] | None) -> Place | None:
    """Where a store lies; None keeps nothing."""
    return None if store is None else place_of(store)


def budget(
    trials: int | None, epochs: float | None, flops: float | None, seconds: float | None
) -> Budget:
    """The budget that is given, else one of a hundred trials."""
    given = Budget(trials, epochs, flops, seconds)
    return Budget(TRIALS) if given == Budget() else given
