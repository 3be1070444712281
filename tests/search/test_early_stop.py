"""Stopping early: the bars of both rules, and that they depend on the trials before alone."""

from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.early_stop import Halving, Median, make_rule
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.ledger import Budget, Whole
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

STEPS = 6


def rising(program: Any, trial: Any) -> float:
    """A curve that rises towards a value of the trial's own."""
    end = (trial.number * 7) % 10
    for step in range(1, STEPS + 1):
        trial.report(step, end * step / STEPS)
    return float(end)


def study_of(space: Space, path: Path | None, rule: Any, lag: int = 3) -> Study:
    return Study(
        Store(path), "study", space, make_method("random"),
        lag=lag, early_stop=rule, whole=Whole(epochs=STEPS),
    )  # fmt: skip


def test_the_median_of_running_averages(plain: Space) -> None:
    study = study_of(plain, None, Median(least=3), lag=1)
    study.run(InlineExecutor(rising), trials=12)
    done: list[float] = []
    for trial in study.trials:
        end = (trial.number * 7) % 10
        # the average of 1/6 ... s/6 of the end is (s + 1) / 12 of it
        stopped = False
        if len(done) >= 3:
            ranked = sorted(done)
            middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
            stopped = any(end * s / 6 < middle * (s + 1) / 12 for s in range(1, 7))
        assert trial.state is (State.PRUNED if stopped else State.DONE), trial.number
        if not stopped:
            done.append(end)
    assert {trial.state for trial in study.trials} == {State.PRUNED, State.DONE}


def test_halving_keeps_the_best_of_a_rung(plain: Space) -> None:
    rule = Halving(eta=3, first=2)
    assert rule.bar(1, [1.0] * 9) is None
    assert rule.bar(2, [1.0, 2.0]) is None
    assert rule.bar(2, [1.0, 2.0, 3.0]) == 3.0
    assert rule.bar(6, [float(n) for n in range(9)]) == 6.0
    study = study_of(plain, None, rule, lag=1)
    study.run(InlineExecutor(rising), trials=12)
    pruned = [trial for trial in study.trials if trial.state is State.PRUNED]
    assert pruned
    assert all(trial.merits == () and "behind the others" in trial.error for trial in pruned)
    assert study.best is not None
    assert study.best.merits == (9.0,)


@pytest.mark.parametrize("rule", [Median(least=2), Halving(eta=2)])
def test_a_stopped_study_stops_the_same_trials(rule: Any, plain: Space, tmp_path: Path) -> None:
    whole = study_of(plain, None, rule)
    whole.run(InlineExecutor(rising), trials=14)
    assert {trial.state for trial in whole.trials} == {State.PRUNED, State.DONE}
    path = tmp_path / "study.db"
    for trials in (3, 4, 8, 9, 14):
        study = study_of(plain, path, rule)
        study.run(InlineExecutor(rising), trials=trials)
        study.store.close()
    states = [(trial.state, trial.cost) for trial in study.trials]
    assert states == [(trial.state, trial.cost) for trial in whole.trials]


def test_an_early_stop_gives_its_epochs_back(plain: Space) -> None:
    study = study_of(plain, None, Median(least=2), lag=1)
    study.run(InlineExecutor(rising), Budget(epochs=60))
    taken = sum(trial.cost["epochs"] * trial.cost.get("share", 1.0) for trial in study.trials)
    assert len(study.trials) > 60 / STEPS
    assert 60 - STEPS < taken <= 60


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("mean", {}, "no trial is stopped early by 'mean'"),
        ("median", {"eta": 3}, "median has no setting eta"),
        ("halving", {"eta": 1}, "eta is at least 2"),
        ("median", {"after": 1.5}, "no setting after = 1.5"),
    ],
)
def test_wrong_rules_are_told(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SearchError, match=words):
        make_rule(name, settings)


def test_an_evaluation_learns_of_it_by_an_exception(plain: Space) -> None:
    seen: list[int] = []

    def evaluate(program: Any, trial: Any) -> float:
        for step in (1, 2, 3):
            trial.report(step, float(trial.number == 0) * step)
            seen.append(trial.number)
        return float(trial.number == 0)

    study = study_of(plain, None, Median(least=1), lag=1)
    study.run(InlineExecutor(evaluate), trials=2)
    assert [trial.state for trial in study.trials] == [State.DONE, State.PRUNED]
    assert seen == [0, 0, 0]
