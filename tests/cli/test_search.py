"""`archc search` and `archc study`, from a file to its best program."""

import csv
import json
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.cli.main import run

SPACE = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16 | 32) -> (relu | tanh) -> dense(10)
}
train N { data = digits(), epochs = 1, optimizer = adamw(lr=1e-2) }
search N {
    method = regularized_evolution(population=2, tournament=2)
    maximize = accuracy
    budget = trials(3)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.arch").write_text(SPACE)
    return tmp_path


def last_json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["schema_version"] == 1
    assert isinstance(answer, dict)
    return answer


def require_final(final: Any, best: dict[str, Any], folder: Path) -> None:
    """The best program trained to its end, and everything of it written."""
    assert final["metrics"]["validation"]["accuracy"] == best["score"]
    assert final["metrics"]["test"]["accuracy"] > 0.1
    assert final["epochs"] == 1
    names = {path.name for path in folder.iterdir()}
    assert names == {"best.arch", "model.onnx", "model.py", "run", "weights.safetensors"}
    assert archc.compile(folder / "best.arch").params == archc.compile(best["text"]).params


def test_from_a_file_to_its_best_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "net.arch", "--jobs", "2", "--json"]) == 0
    answer = last_json(capsys)
    assert answer["study"] == "net.study.db"
    assert answer["trials"] == {"DONE": 3}
    best = answer["best"]
    assert isinstance(best, dict)
    assert best["score"] == best["metrics"]["accuracy"] > 0.1
    assert "search" not in best["text"]
    require_final(answer["final"], best, folder / "net.best")

    assert run(["search", "net.arch"]) == 2
    assert "go on with --resume" in capsys.readouterr().err
    assert run(["search", "net.arch", "--resume", "--trials", "4"]) == 0
    said = capsys.readouterr()
    assert "[4/4] trial 3: DONE" in said.err
    assert "trial 3/" not in said.err
    archc.compile(said.out)

    assert run(["study", "show", "net.study.db", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["trials"]
    assert [trial["number"] for trial in shown] == [0, 1, 2, 3]
    wanted = {"number", "state", "hash", "scores", "attempts", "parents", "seconds"}
    assert all(wanted <= set(trial) for trial in shown)
    assert all(trial["parents"] == [] for trial in shown), "the lag is 8"
    found = max(shown, key=lambda trial: float(trial["scores"]["accuracy"]))

    assert run(["study", "best", "net.study.db", "-o", "best.arch"]) == 0
    assert archc.compile(folder / "best.arch").hash == found["hash"]
    capsys.readouterr()
    assert run(["study", "list", "net.study.db"]) == 0
    assert "N: 4 trials (4 DONE), best" in capsys.readouterr().out
    assert run(["study", "export", "net.study.db", "--to", "csv", "-o", "table.csv"]) == 0
    table = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    assert [row["hash"] for row in table] == [trial["hash"] for trial in shown]
    assert {row["N.dense.units"] for row in table} <= {"8", "16", "32"}
    assert run(["study", "show", "net.study.db"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("trials(3)", "trials(0)", "this is no budget"),
        ("trials(3)", "minutes(soon)", "this is no budget"),
        ("budget =", "budgte =", "search has no setting 'budgte'; did you mean 'budget'?"),
        ("population=2", "2", "takes settings by name"),
        ("maximize = accuracy", "maximize = 3", "maximize cannot be meant like this"),
        ("maximize = accuracy", "maximize = accuracy\nminimize = accuracy", "an objective twice"),
    ],
)
def test_a_block_at_fault_is_told(
    old: str, new: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.arch").write_text(SPACE.replace(old, new))
    assert run(["search", "net.arch"]) == 1
    assert words in capsys.readouterr().err
    assert not (folder / "net.study.db").exists()


def test_several_objectives_and_bounds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SPACE.replace("maximize = accuracy", "maximize = accuracy\n    minimize = [params]")
    text = text.replace(
        "budget = trials(3)",
        "constraints = [latency(most=1000), params(most=1300)]\n    budget = [epochs(3), hours(1)]",
    )
    (folder / "net.arch").write_text(text)
    given = ["--method", "random", "--no-final", "--json"]
    assert run(["search", "net.arch", *given]) == 0
    answer = last_json(capsys)
    assert answer["trials"] == {"DONE": 3}
    best = answer["best"]
    assert isinstance(best, dict)
    assert set(best["metrics"]) == {"accuracy", "loss", "params", "latency"}
    assert best["metrics"]["params"] <= 1300
    assert not (folder / "net.best").exists()


def test_a_file_that_says_nothing_is_searched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bare.arch").write_text(SPACE[: SPACE.index("train N")])
    settings = ["--set", "train.epochs=1", "--trials", "2", "--no-final"]
    assert run(["search", "bare.arch", *settings]) == 0
    said = capsys.readouterr().err
    assert "not set, so method = regularized_evolution(population=20, tournament=5)" in said
    assert "not set, so minimize = loss" in said
    assert "budget" not in said
    assert "2 trials (2 DONE)" in said


def test_a_number_that_nothing_measures_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.arch").write_text(SPACE.replace("maximize = accuracy", "maximize = acuracy"))
    assert run(["search", "net.arch"]) == 1
    said = capsys.readouterr().err
    assert "nothing measures 'acuracy'" in said
    assert "did you mean 'accuracy'?" in said
    assert "net.arch:8:16" in said
    assert not (folder / "net.study.db").exists()


def test_a_folder_with_other_things_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.best").mkdir()
    (folder / "net.best/mine.txt").write_text("mine")
    assert run(["search", "net.arch"]) == 2
    assert "net.best is a folder with other things in it" in capsys.readouterr().err
    assert not (folder / "net.study.db").exists()


def test_check_reads_search_blocks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "net.arch"]) == 0
    broken = SPACE.replace("population=2", "populatoin=2").replace("search N", "search M")
    (folder / "net.arch").write_text(broken)
    assert run(["check", "net.arch"]) == 1
    said = capsys.readouterr().err
    assert "there is no network 'M'" in said
    assert "regularized_evolution has no setting 'populatoin'" in said


def test_wrong_words_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "net.arch", "--method", "evolutoin"]) == 2
    assert "no search method 'evolutoin'" in capsys.readouterr().err
    assert run(["search", "net.arch", "--set", "search.method.size=3"]) == 2
    assert "no setting 'size'" in capsys.readouterr().err
    assert run(["study", "show", "nothing.db"]) == 2
    assert "there is no study nothing.db" in capsys.readouterr().err
    (folder / "closed.arch").write_text("network N on x: f32[4] -> f32[4] { x -> oops }")
    assert run(["search", "closed.arch"]) == 1
