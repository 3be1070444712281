"""What studies of one store know from each other."""

from pathlib import Path
from typing import Any

import archc
import pytest
from archc.search.early_stop import Median
from archc.search.trial import State

NARROW = "network N on x: f32[N, 4] -> f32[N, 4] { x -> dense(8 | 9 | 10) -> dense(4) }\n"
EDITED = "network N on x: f32[N, 4] -> f32[N, 4] { x -> dense(7..10) -> dense(4) }\n"


@pytest.fixture
def calls() -> list[int]:
    return []


@pytest.fixture
def search(tmp_path: Path, calls: list[int]) -> Any:
    def evaluate(program: Any) -> dict[str, float]:
        calls.append(program.trace[0].value)
        return {"good": float(program.trace[0].value), "bad": 1.0}

    def run(text: str, name: str, **settings: Any) -> Any:
        given = {"method": "grid", "evaluate": evaluate, "evaluator_id": "mine 1", "jobs": 0}
        given |= {"store": tmp_path / "study.db", "trials": 10, "maximize": "good"}
        return archc.run_search(archc.space(text), name=name, **(given | settings))

    return run


def test_results_survive_an_edited_space(search: Any, calls: list[int]) -> None:
    search(NARROW, "first")
    assert sorted(calls) == [8, 9, 10]
    study = search(EDITED, "second")
    assert sorted(calls) == [7, 8, 9, 10]
    taken = {trial.trace[0].value: trial.source for trial in study.trials}
    assert taken == {7: "", 8: "first#0", 9: "first#1", 10: "first#2"}
    assert {trial.state for trial in study.trials} == {State.DONE}
    assert [trial.merit for trial in study.trials] == [7, 8, 9, 10]
    assert [trial.attempts for trial in study.trials] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    "changed",
    [{"evaluator_id": None}, {"evaluator_id": "mine 2"}, {"seed": 1}],
)
def test_what_is_told_otherwise_is_evaluated_again(
    changed: dict[str, Any], search: Any, calls: list[int]
) -> None:
    search(NARROW, "first", **({"evaluator_id": None} if "seed" not in changed else {}))
    search(NARROW, "second", **changed)
    assert len(calls) == 6


def test_a_number_that_was_not_measured_is_measured(search: Any, calls: list[int]) -> None:
    search(NARROW, "first")
    study = search(NARROW, "second", maximize="bad")
    assert len(calls) == 3
    assert [trial.merit for trial in study.trials] == [1.0] * 3
    other = search(
        NARROW, "third", maximize="new", evaluate=lambda program: {"new": 5.0, "good": 0.0}
    )
    assert [trial.merit for trial in other.trials] == [5.0] * 3
    assert [trial.source for trial in other.trials] == [""] * 3


def test_failures_and_early_stops_are_not_shared(search: Any) -> None:
    def broken(program: Any, trial: Any) -> dict[str, float]:
        if trial.number == 0:
            raise RuntimeError("a file is missing")
        trial.report(1, float(-trial.number), "good")
        return {"good": 1.0}

    first = search(NARROW, "first", evaluate=broken, early_stop=Median(least=1), lag=1)
    assert [trial.state for trial in first.trials] == [State.ERROR, State.DONE, State.PRUNED]
    study = search(NARROW, "second")
    assert [trial.source for trial in study.trials] == ["", "first#1", ""]
    assert {trial.state for trial in study.trials} == {State.DONE}


def test_the_fidelity_is_a_part_of_what_is_known(search: Any) -> None:
    counted: list[float] = []

    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        counted.append(trial.fidelity["epochs"])
        return {"good": float(program.trace[0].value)}

    given = {"method": "halving", "settings": {"count": 3, "most": 2}, "evaluate": evaluate}
    search(NARROW, "first", trials=4, **given)
    assert sorted(counted) == [1, 1, 1, 2]
    study = search(EDITED, "second", trials=6, **given)
    assert len(study.trials) >= 4
    assert any(trial.source for trial in study.trials)
