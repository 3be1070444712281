"""`archc.run_search`: closures in worker processes, stores that go on, wrong calls."""

from pathlib import Path
from typing import Any

import archc
import pytest

SPACE = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16 | 32) -> (relu | tanh) -> dense(10)
}
train N { data = digits(), epochs = 1, optimizer = adamw(lr=1e-2) }
"""


@pytest.fixture
def space() -> archc.Space:
    return archc.space(SPACE)


def test_a_closure_travels(space: archc.Space) -> None:
    bonus = 1000

    def evaluate(program: Any) -> dict[str, float]:
        return {"score": bonus + len(str(program)), "size": archc.compile(program).params}

    study = archc.run_search(
        space, "random", evaluate, trials=4, jobs=2, minimize="size", store=None
    )
    assert [trial.state for trial in study.trials] == ["DONE"] * 4
    assert study.best is not None
    least = min(trial.scores["size"] or 0 for trial in study.trials)
    assert study.best.scores["size"] == least == study.program(study.best).params
    assert all((trial.scores["score"] or 0) > bonus for trial in study.trials)


def test_the_files_own_training(space: archc.Space) -> None:
    told: list[int] = []
    study = archc.run_search(
        space, "random", trials=2, jobs=0, progress=lambda trial: told.append(trial.number)
    )
    assert [trial.state for trial in study.trials] == ["DONE"] * 2, study.trials[0].error
    assert told == [0, 1]
    for trial in study.trials:
        assert set(trial.scores) == {"loss", "accuracy"}
        assert trial.merit == -(trial.scores["loss"] or 0)
    again = archc.run_search(space, "random", trials=2, jobs=0)
    assert [trial.scores for trial in again.trials] == [trial.scores for trial in study.trials]


def test_the_same_call_goes_on(space: archc.Space, tmp_path: Path) -> None:
    def run(trials: int) -> archc.Study:
        return archc.run_search(
            space, "random", lambda program: 1.0, trials=trials, jobs=0,
            store=tmp_path / "study.db",
        )  # fmt: skip

    first = run(3).trials
    assert run(5).trials[:3] == first
    with pytest.raises(archc.SearchError, match="with another method"):
        archc.run_search(space, "grid", lambda program: 1.0, jobs=0, store=tmp_path / "study.db")


def test_wrong_calls(space: archc.Space) -> None:
    def evaluate(program: Any) -> float:
        return 1.0

    with pytest.raises(ValueError, match="jobs is 0 to 8"):
        archc.run_search(space, "random", evaluate, jobs=9)
    with pytest.raises(ValueError, match="a budget of trials is above 0, not 0"):
        archc.run_search(space, "random", evaluate, trials=0)
    with pytest.raises(archc.SearchError, match="no search method"):
        archc.run_search(space, "luck", evaluate)
    wrong = SPACE.replace("adamw(lr=1e-2)", "adamw(lr=true)")
    with pytest.raises(archc.ProgramError):
        archc.space(wrong)
    with pytest.raises(archc.ProgramError):
        archc.run_search(archc.Space(archc.parse(wrong)), "random", jobs=0)
