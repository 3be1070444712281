"""Every method of the registry on spaces of different kinds: a new file there is tested here."""

import random as shuffling
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.executor import Outcome, Task, evaluated
from archc.search.registry import make_method, method_class, method_names
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State, Trial

SETTINGS: dict[str, Mapping[str, Any]] = {
    "asha": {"eta": 2, "most": 4},
    "halving": {"count": 4, "eta": 2, "most": 4},
    "hyperband": {"most": 4, "eta": 2},
    "regularized_evolution": {"population": 6, "tournament": 3},
}
TRIALS = 16

Search = Callable[..., Study]


class Workers:
    """Any number of workers that finish in an order of their own, in this process."""

    def __init__(self, evaluate: Callable[..., Any], jobs: int, seed: int = 0) -> None:
        self.evaluate = evaluate
        self.jobs = jobs
        self.tasks: list[Task] = []
        self.random = shuffling.Random(seed)
        self.most = 0

    @property
    def free(self) -> int:
        return self.jobs - len(self.tasks)

    @property
    def busy(self) -> int:
        return len(self.tasks)

    def start(self, task: Task) -> None:
        self.tasks.append(task)
        self.most = max(self.most, len(self.tasks))

    def wait(self) -> list[Outcome]:
        task = self.tasks.pop(self.random.randrange(len(self.tasks)))
        return [evaluated(self.evaluate, task)]

    def interrupt(self) -> None:
        self.tasks.clear()

    def close(self) -> None:
        self.tasks.clear()


class Stop(Exception):
    """Raised in the middle of a study, as a Ctrl-C would be."""


def proposals(study: Study) -> list[tuple[Any, ...]]:
    return [(trial.number, trial.trace, trial.parents, trial.text) for trial in study.trials]


@pytest.fixture(params=method_names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def settings(method: str) -> Mapping[str, Any]:
    return SETTINGS.get(method, {})


def test_proposes_valid_programs_only(method: str, space: Space, search: Search) -> None:
    study = search(space, method, trials=TRIALS, method_settings=settings(method))
    assert len(study.trials) >= min(TRIALS, space.size) - 1 or study.ended == "EXHAUSTED"
    assert len(study.trials) > 3
    for trial in study.trials:
        member = space.contains(trial.text)
        assert member, trial.text
        assert archc.compile(trial.text).hash == trial.hash
        assert all(parent < trial.number for parent in trial.parents)


def test_one_worker_and_four_make_the_same_study(
    method: str, space: Space, oracle: Callable[[Any], float]
) -> None:
    studies = []
    for jobs, order in ((1, 0), (4, 1), (4, 2)):
        made = make_method(method, settings(method))
        study = Study(Store(None), "study", space, made, seed=3, lag=4)
        workers = Workers(oracle, jobs, order)
        study.run(workers, trials=TRIALS)
        assert jobs == 1 or workers.most > 1
        studies.append(study)
    first = studies[0]
    for other in studies[1:]:
        assert proposals(other) == proposals(first)
        assert [trial.merit for trial in other.trials] == [trial.merit for trial in first.trials]


def test_another_seed_makes_another_study(method: str, wide: Space, search: Search) -> None:
    first, again, other = (
        search(wide, method, trials=8, seed=seed, method_settings=settings(method))
        for seed in (0, 0, 1)
    )
    assert proposals(first) == proposals(again)
    if method != "grid":
        assert proposals(first) != proposals(other)


@pytest.mark.parametrize("at", [2, 9])
def test_a_stopped_study_goes_on_with_the_same_proposals(
    method: str, at: int, space: Space, search: Search, oracle: Any, tmp_path: Path
) -> None:
    whole = search(space, method, trials=TRIALS, lag=4, method_settings=settings(method))

    class Stopping(Workers):
        def wait(self) -> list[Outcome]:
            if self.tasks[0].number >= at:
                raise Stop
            return super().wait()

    path = tmp_path / "study.db"
    made = make_method(method, settings(method))
    first = Study(Store(path), "study", space, made, lag=4)
    if len(whole.trials) > at + 4:
        with pytest.raises(Stop):
            first.run(Stopping(oracle, 3), trials=TRIALS)
    first.store.close()
    made = make_method(method, settings(method))
    resumed = Study(Store(path), "study", space, made, lag=4)
    resumed.run(Workers(oracle, 2), trials=TRIALS)
    assert proposals(resumed) == proposals(whole)
    assert [trial.merit for trial in resumed.trials] == [trial.merit for trial in whole.trials]
    assert resumed.ended == whole.ended
    resumed.store.close()


def test_no_trial_twice_unless_it_says_so(method: str, space: Space, search: Search) -> None:
    calls: list[tuple[str, str]] = []

    def counted(program: Any, trial: Any) -> float:
        calls.append((archc.compile(str(program)).hash, str(trial.fidelity)))
        return float(len(calls))

    study = search(space, method, counted, trials=40, method_settings=settings(method))
    assert len(calls) == len(set(calls)), "a program was evaluated twice"
    replayed = [trial for trial in study.trials if trial.replay_of is not None]
    assert len(calls) + len(replayed) == len(study.trials)
    if not method_class(method).repeats:
        assert not replayed
    for trial in replayed:
        source = study.trials[trial.replay_of or 0]
        assert (trial.hash, trial.merit) == (source.hash, source.merit)


def test_failed_trials_end_nothing(method: str, space: Space, search: Search) -> None:
    def failing(program: Any, trial: Any) -> float:
        if trial.number % 3 == 0:
            raise RuntimeError("no luck")
        return float("nan") if trial.number % 3 == 1 else 1.0

    study = search(space, method, failing, trials=TRIALS, method_settings=settings(method))
    states = {trial.state for trial in study.trials}
    assert states == {State.ERROR, State.NAN, State.DONE}
    assert study.best is not None
    assert study.best.state is State.DONE


def test_a_study_in_which_everything_fails_ends_too(
    method: str, plain: Space, search: Search
) -> None:
    study = search(
        plain, method, lambda program: 1 / 0, trials=12, method_settings=settings(method)
    )
    assert {trial.state for trial in study.trials} == {State.ERROR}
    assert study.best is None
    assert len(study.trials) == 12


def test_the_budget_is_kept(method: str, wide: Space, search: Search) -> None:
    assert len(search(wide, method, trials=7, method_settings=settings(method)).trials) == 7


def late(study: Study, true: Callable[[Any], float]) -> float:
    """How good the second half of the proposals was in truth."""
    return fmean(true(trial) for trial in study.trials[len(study.trials) // 2 :])


def test_regularized_evolution_beats_its_control(
    wide: Space, search: Search, oracle: Callable[[Any], float]
) -> None:
    """The control learns from scores that were dealt out at random. 16 of 20 has p = 0.006."""
    won = 0
    for seed in range(20):
        luck = shuffling.Random(seed)
        given = {"population": 6, "tournament": 4}
        learned = search(
            wide, "regularized_evolution", oracle, 26, method_settings=given, seed=seed
        )
        scores = [trial.merit for trial in learned.trials]
        luck.shuffle(scores)
        dealt: Callable[..., Any] = lambda program, trial, dealt=scores: dealt[trial.number]  # noqa: E731
        control = search(wide, "regularized_evolution", dealt, 26, method_settings=given, seed=seed)
        won += late(learned, oracle) > late(control, oracle)
    assert won >= 16


def test_evolution_forgets_the_oldest_not_the_worst(wide: Space, search: Search) -> None:
    given = {"population": 5, "tournament": 5}
    study = search(
        wide, "regularized_evolution", lambda program, trial: -trial.number, 30,
        method_settings=given, lag=1,
    )  # fmt: skip
    children: list[Trial] = [trial for trial in study.trials if trial.parents]
    assert len(children) == 25
    for trial in children:
        assert trial.parents[0] >= trial.number - 5
        assert len(set(trial.trace) ^ set(study.trials[trial.parents[0]].trace)) == 2
