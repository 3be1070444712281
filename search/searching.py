"""A search from beginning to end: the store opened, the study run, the store closed.

Comes in: a space, how a program is evaluated, what to search for. Goes out: the study, whose trials
can be read after its store is closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..compiler.spaces.drawn import DrawnProgram
from ..compiler.spaces.space import Space
from .definition import Definition
from .errors import SearchError
from .executor import Evaluate, Executor, takes_trial
from .executors.inline import InlineExecutor
from .executors.local import LocalExecutor
from .goal import Goal, Objective, constraint
from .ledger import Budget
from .method import Method
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

    `timeout` is what a trial may take, in seconds. `jobs` are worker processes; 0 evaluates in this
    one. `store` is a file, None keeps nothing. `preload` are modules that all workers share.
    """

    definition: Definition = field(default_factory=Definition)
    budget: Budget = field(default_factory=lambda: Budget(TRIALS))
    timeout: float | None = None
    jobs: int = 1
    store: Path | None = None
    name: str | None = None
    preload: Sequence[str] = ()

    def __post_init__(self) -> None:
        lag = self.definition.lag
        if self.jobs < 0:
            raise ValueError(f"jobs is at least 0, not {self.jobs}")
        if lag is not None and self.jobs > lag:
            raise ValueError(
                f"jobs is 0 to {lag}, not {self.jobs}: a trial is proposed from those at "
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
    store = Store(search.store)
    try:
        study = Study(store, search.name or space.name, space, method, search.definition)
        executor = InlineExecutor(_nothing) if static else _executor(evaluate, search)
        study.run(executor, search.budget, seen=seen, said=said)
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


def _executor(evaluate: Evaluate, search: Search) -> Executor:
    if search.jobs == 0:
        return InlineExecutor(evaluate)
    return LocalExecutor(evaluate, search.jobs, timeout=search.timeout, preload=search.preload)


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


def budget(
    trials: int | None, epochs: float | None, flops: float | None, seconds: float | None
) -> Budget:
    """The budget that is given, else one of a hundred trials."""
    given = Budget(trials, epochs, flops, seconds)
    return Budget(TRIALS) if given == Budget() else given
