"""Studies against a table: what a trial is told, and what the table does not know."""

import pickle
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executor import Attempt
from archc.search.tabular.evaluator import NotInTable, TableEvaluator
from archc.search.tabular.table import Table
from archc.search.trial import State

from .conftest import EPOCHS, SECONDS


def attempt(seed: int = 0, **fidelity: float) -> Attempt:
    return Attempt(0, seed, fidelity, "cpu", Path("unused"))


@pytest.fixture
def evaluator(table_file: Path) -> TableEvaluator:
    return archc.table(str(table_file))


@pytest.mark.parametrize("epochs", [1, 4, EPOCHS])
def test_a_fidelity_is_the_beginning_of_the_curve(
    epochs: int, evaluator: TableEvaluator, small: Space, small_table: Table
) -> None:
    program = small.sample(3)
    row = evaluator.row(program)
    trial = attempt(seed=1, epochs=epochs)
    found = evaluator(program, trial)
    curve = small_table.curves["loss"][row, 1, :epochs].tolist()
    assert trial.reports == [(step, "loss", value) for step, value in enumerate(curve, 1)]
    assert found["loss"] == curve[-1]
    assert found["seconds"] == pytest.approx(SECONDS * epochs / EPOCHS)


def test_a_study_sees_one_seed(evaluator: TableEvaluator, small: Space, small_table: Table) -> None:
    program = small.sample(3)
    row = evaluator.row(program)
    told = [evaluator(program, attempt(seed))["loss"] for seed in range(6)]
    assert told == [*small_table.final("loss")[row].tolist()] * 2
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    ("fidelity", "message"),
    [
        ({"epochs": 2.5}, "1 to 9 epochs"),
        ({"epochs": 10}, "1 to 9"),
        ({"data": 0.5}, "not of data"),
    ],
)
def test_what_it_does_not_know_it_says(
    fidelity: dict[str, float], message: str, evaluator: TableEvaluator, small: Space
) -> None:
    with pytest.raises(NotInTable, match=message):
        evaluator(small.sample(), attempt(**fidelity))


def test_a_program_of_another_space_is_not_there(evaluator: TableEvaluator) -> None:
    other = archc.space("network Other on x: f32[N, 4] -> f32[N, 4] { x -> dense(4 | 8) }")
    with pytest.raises(NotInTable, match="those of the space Small"):
        evaluator(other.sample(), attempt())


def test_a_program_is_found_by_its_graph_whatever_its_names(
    evaluator: TableEvaluator, small: Space
) -> None:
    """Another file that spells the same networks otherwise has the same rows."""
    renamed = archc.space(
        "network Same on image: f32[N, 1, 8, 8] -> f32[N, 10] {\n"
        "    image -> flatten -> first: dense(16) -> relu -> last: dense(10)\n}\n"
        "train Same { optimizer = adamw(lr=1e-3 | 1e-2) }"
    )
    for program in renamed.enumerate():
        rate = program.trace[-1].value
        wanted = small.from_trace(
            [("Small.act", "relu"), ("Small.repeat.n", 1), ("Small.repeat.0.dense.units", 16),
             ("Small.train.optimizer.lr", rate)]
        )  # fmt: skip
        assert evaluator.row(program) == evaluator.row(wanted)


def test_a_program_that_has_left_its_space_is_found(
    evaluator: TableEvaluator, small: Space
) -> None:
    program = small.sample(8)
    travelled: Any = pickle.loads(pickle.dumps(program))
    assert pickle.loads(pickle.dumps(evaluator)).row(travelled) == evaluator.row(program)


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_study_runs_against_a_table(jobs: int, evaluator: TableEvaluator, small: Space) -> None:
    study = archc.run_search(
        small, "random", evaluator, minimize="loss", trials=12, jobs=jobs, seed=2
    )
    assert {trial.state for trial in study.trials} == {State.DONE}
    table = evaluator.table
    for trial in study.trials:
        row = evaluator.row(study.program(trial))
        assert trial.scores["loss"] == table.final("loss")[row, 2]


def test_a_study_by_name_minimises_the_loss_and_is_shared(
    table_file: Path, small: Space, tmp_path: Path
) -> None:
    store = tmp_path / "studies.db"
    evaluator = archc.table(str(table_file))
    first, again = (
        archc.run_search(
            small, "random", evaluator, trials=6, jobs=0, seed=1, store=store, name=name
        )
        for name in ("first", "again")
    )
    best = first.best
    assert best is not None
    losses = [trial.scores["loss"] for trial in first.trials]
    assert best.scores["loss"] == min(losses)  # type: ignore[type-var]
    assert [trial.source for trial in again.trials] == [f"first#{n}" for n in range(6)]


def test_what_a_table_does_not_tell_cannot_be_searched_for(table_file: Path, small: Space) -> None:
    with pytest.raises(SearchError, match="nothing measures 'recall'"):
        archc.run_search(small, "random", archc.table(str(table_file)), maximize="recall", jobs=0)
