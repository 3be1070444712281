"""A study as a table and as Optuna's: nothing is lost on the way."""

import csv
import io
from pathlib import Path

import archc
import optuna
import pytest
from archc.cli.main import run
from archc.search.errors import SearchError
from archc.search.exporting import as_csv, write_optuna, write_parquet
from archc.search.summary import Summary, summary
from pyarrow import parquet

SPACE = """network Net on x: f32[N, 4] -> f32[N, 2] {
    x -> dense(4 | 8) -> (relu | dropout(0.0..0.5)) -> dense(2)
}
"""


def evaluate(program: object, trial: object) -> float:
    number: int = trial.number  # type: ignore[attr-defined]
    if number == 2:
        raise RuntimeError("no luck")
    return 0.5 + number


@pytest.fixture
def found(tmp_path: Path) -> Summary:
    store = tmp_path / "study.db"
    archc.run_search(archc.space(SPACE), "random", evaluate, trials=8, jobs=0, store=store)
    return summary(store, None)


def test_a_row_for_each_trial(found: Summary) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [int(row["number"]) for row in rows] == list(range(8))
    assert rows[2]["state"] == "ERROR"
    assert rows[2]["score"] == ""
    assert float(rows[7]["score"]) == 7.5
    for row, trial in zip(rows, found.trials, strict=True):
        chosen = {item.name: str(item.value) for item in trial.trace}
        assert {name: row[name] for name in chosen} == chosen


def test_parquet_has_types(found: Summary, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(found, path)
    table = parquet.read_table(path)
    assert table.num_rows == 8
    assert table["score"].to_pylist() == [None if n == 2 else n + 0.5 for n in range(8)]
    assert set(table["Net.dense.units"].to_pylist()) <= {4, 8}
    rates = table["Net.dropout.rate"].to_pylist()
    assert any(rate is None for rate in rates)
    assert any(isinstance(rate, float) for rate in rates)


def test_optuna_opens_it(found: Summary, tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    write_optuna(found, path)
    study = optuna.load_study(study_name=found.name, storage=f"sqlite:///{path}")
    assert study.direction is optuna.study.StudyDirection.MAXIMIZE
    assert len(study.trials) == 8
    assert study.best_value == 7.5
    assert study.trials[2].state is optuna.trial.TrialState.FAIL
    chosen = {item.name: item.value for item in found.trials[7].trace}
    assert study.best_params == chosen
    with pytest.raises(SearchError, match="exists already"):
        write_optuna(found, path)


def test_files_that_are_no_text_are_named(
    found: Summary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["study", "export", str(found.path), "--to", "parquet"]) == 2
    assert "name a file with -o" in capsys.readouterr().err
    assert run(["study", "export", str(found.path), "-o", str(tmp_path / "t.csv")]) == 0
    assert (tmp_path / "t.csv").read_text() == as_csv(found)


def test_lineage_on_the_command_line(found: Summary, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "lineage", str(found.path)]) == 0
    assert capsys.readouterr().out == "trial 7: 7.5\n"
    assert run(["study", "lineage", str(found.path), "--trial", "8"]) == 2
    assert "there is no trial 8: they are 0 to 7" in capsys.readouterr().err


def test_a_part_of_a_training_says_how_much_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "study.db"
    settings = {"count": 2, "most": 2}
    archc.run_search(
        archc.space(SPACE), "halving", evaluate, trials=3, jobs=0, lag=1, store=store,
        settings=settings,
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(as_csv(summary(store, None)))))
    assert [float(row["fidelity epochs"]) for row in rows] == [1, 1, 2]
    assert [row["resumes"] for row in rows] == ["", "", "1"]
    assert run(["study", "show", str(store)]) == 0
    assert "epochs 2, Net.dense.units=" in capsys.readouterr().out


def test_a_space_that_is_used_up_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "study.db"
    text = "network Net on x: f32[N, 4] -> f32[N, 2] {\n    x -> dense(2 | 3) -> dense(2)\n}\n"
    archc.run_search(archc.space(text), "random", lambda program: 1.0, jobs=0, store=store)
    assert run(["study", "list", str(store)]) == 0
    said = capsys.readouterr().out
    assert "Net: 2 trials (2 DONE), best 1 in trial 0; nothing new was left to try; " in said
