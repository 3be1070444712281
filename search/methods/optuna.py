"""Optuna's samplers: Akiba, Sano, Yanase, Ohta and Koyama 2019.

A bridge, for those who know these samplers and for comparisons. Every choice of a program is a
parameter, suggested where the program comes to it; the checker strikes out what cannot be completed
before Optuna sees it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from ...compiler.expand.decisions import Integers
from ...compiler.spaces.random import Random
from ...compiler.spaces.space import Space
from ...compiler.spaces.state import Interval, SpaceState
from ...lazy import lazy_module
from ..errors import SearchError
from ..method import ANY_CHOICE, History, Method, Proposal
from ..trial import State, Trial

optuna = lazy_module("optuna")

SAMPLERS = {"gp": "GPSampler", "random": "RandomSampler", "tpe": "TPESampler"}


@dataclass
class OptunaSampler(Method):
    """`sampler` is `"tpe"`, `"gp"` or `"random"`, with Optuna's own defaults. A program that is
    suggested again takes over its score, and Optuna is told of it again.
    """

    sampler: str = "tpe"
    _study: Any = field(default=None, init=False, repr=False, compare=False)
    _told: int = field(default=0, init=False, repr=False, compare=False)

    repeats = True
    manipulates = ANY_CHOICE
    mechanism = "a model of good programs"
    needs = ("the package optuna",)

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            known = ", ".join(SAMPLERS)
            raise ValueError(f"sampler is one of {known}, not {self.sampler!r}")

    def ask(self, history: History, random: Random) -> Proposal:
        if find_spec("optuna") is None:
            raise SearchError("Optuna is not installed", 'pip install "archc[optuna]"')
        space = history.space
        with _quiet():
            study = self._open(history, random)
            for trial in _pending(history):
                study.add_trial(_as_optuna(space, trial, None))
            suggested = study.ask()
            state = space.begin()
            while not state.done:
                state = state.choose(_suggested(suggested, state))
            # whether it is proposed is not known here; the next one is asked as if it had not been
            for running in study.get_trials(deepcopy=False, states=_states("RUNNING")):
                study.tell(running.number, state=_states("FAIL")[0])
        return Proposal(state.program)

    def _open(self, history: History, random: Random) -> Any:
        """Optuna's study with all that has finished. Its sampler is a new one for each program, so
        that a search that was stopped goes on as it would have.
        """
        if self._study is None:
            self._study = optuna.create_study(direction="maximize")
        for trial in history.trials[self._told :]:
            if trial.state is State.DONE:
                self._study.add_trial(_as_optuna(history.space, trial, trial.merit))
        self._told = len(history.trials)
        kind = getattr(optuna.samplers, SAMPLERS[self.sampler])
        self._study.sampler = kind(seed=random.bits() % 2**32)
        return self._study


def _pending(history: History) -> list[Trial]:
    """What was proposed and is not known yet."""
    seen = {trial.number for trial in history.trials}
    return [trial for trial in history.proposed if trial.number not in seen]


def _states(*names: str) -> list[Any]:
    return [getattr(optuna.trial.TrialState, name) for name in names]


def _suggested(trial: Any, state: SpaceState) -> Any:
    """What Optuna takes at a choice; where nothing is left to choose it is not asked."""
    name, kind = _parameter(state)
    known = optuna.distributions
    match kind:
        case None:
            return state.options()[0]  # type: ignore[index]
        case known.FloatDistribution():
            return trial.suggest_float(name, kind.low, kind.high, log=kind.log)
        case known.IntDistribution():
            return trial.suggest_int(name, kind.low, kind.high, step=kind.step, log=kind.log)
        case _:
            return trial.suggest_categorical(name, kind.choices)


def _parameter(state: SpaceState) -> tuple[str, Any]:
    """The name and the distribution of a choice; no distribution for a single option. A parameter
    has one distribution for ever, so what is legal here is a part of its name.
    """
    options = state.options()
    known = optuna.distributions
    if isinstance(options, Interval):
        kind = known.FloatDistribution(options.low, options.high, log=options.log)
        return str(state.site), kind
    if len(options) == 1:
        return str(state.site), None
    domain = state.place.state.domain
    if not isinstance(domain, Integers) or len({b - a for a, b in pairwise(options)}) > 1:
        return f"{state.site} of {options}", known.CategoricalDistribution(options)
    low, high, step = options[0], options[-1], options[1] - options[0]
    log = domain.log and step == 1 and low > 0
    name = f"{state.site} from {low} to {high} step {step}"
    return name, known.IntDistribution(low, high, log=log, step=step)


def _as_optuna(space: Space, trial: Trial, merit: float | None) -> Any:
    """A trial as Optuna keeps it: finished with a merit, running without one."""
    values, kinds = {}, {}
    state = space.begin()
    for decision in trial.trace:
        name, kind = _parameter(state)
        if kind is not None:
            values[name], kinds[name] = decision.value, kind
        state = state.choose(decision.value)
    states = optuna.trial.TrialState
    return optuna.trial.create_trial(
        state=states.RUNNING if merit is None else states.COMPLETE,
        value=merit,
        params=values,
        distributions=kinds,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of every study it makes, and of every choice that not all programs have."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
