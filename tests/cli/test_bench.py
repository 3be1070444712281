"""`archc bench`: a table from a space that is trained for real, and a comparison on it."""

import json
from pathlib import Path

import pytest
from archc.cli.main import run
from archc.search.tabular.table import read

SPACE = """network Tiny on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(2 | 16) -> relu -> dense(10)
}

train Tiny {
    data = digits(validation=0.2, test=0.7)
    optimizer = adamw(lr=1e-2 | 1e-3)
    schedule = constant
    metrics = accuracy
    epochs = 3
    batch = 30
}
"""


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHC_PEERS", str(tmp_path))
    (tmp_path / "tiny.arch").write_text(SPACE)
    return tmp_path


@pytest.mark.slow
def test_a_table_and_a_comparison(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "table", "tiny.arch", "-o", "tiny.parquet", "--seeds", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["programs"], told["epochs"], told["seeds"]) == (4, 3, [0, 1])
    table = read(space / "tiny.parquet")
    assert table.checksum
    assert table.head["facts"]["data"]["sizes"] == {"train": 180, "validation": 359, "test": 1258}
    assert set(table.curves) == {"loss", "accuracy"}
    assert {"test_loss", "test_accuracy", "seconds"} == set(table.scores)

    options = ["--table", "tiny.parquet", "--seeds", "3", "--budget", "9", "-o", "compared"]
    assert run(["bench", "methods", "--methods", "random,grid", *options]) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[0].startswith("method ")
    assert {line.split()[0] for line in output.splitlines()[1:]} == {"random", "grid"}
    kept = json.loads((space / "compared.json").read_text())
    assert kept["table_sha256"] == table.checksum
    assert (space / "compared.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table", "tiny.arch", "-o", "tiny.csv"], "a table is a .parquet file"),
        (["methods", "--table", "nothing"], "there is no table 'nothing'"),
        (["methods", "--workers", "8", "--lag", "2"], "a lag of 2 keeps no 8 workers busy"),
        (["methods", "--against", "neps"], "neps has no environment of its own"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], message: str, space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_space_at_fault_makes_no_table(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (space / "tiny.arch").write_text(SPACE.replace("adamw", "adamv"))
    assert run(["bench", "table", "tiny.arch", "-o", "tiny.parquet"]) == 1
    assert "adamv" in capsys.readouterr().err
