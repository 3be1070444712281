"""`archc search` with a table in the place of training, told on the command line or in the file."""

import json
from pathlib import Path

import pytest
from archc.cli.main import run

from .conftest import TEXT


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("how", ["option", "block"])
def test_a_search_answers_from_a_table(
    how: str, table_file: Path, space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = f'search Small {{ evaluate = table("{table_file}"), budget = epochs(36) }}'
    (space / "small.arch").write_text(TEXT + (block if how == "block" else ""))
    given = ["--table", str(table_file), "--trials", "4"] if how == "option" else []
    assert run(["search", "small.arch", "--method", "random", "--json", *given]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["trials"] == {"DONE": 4}
    assert told["final"] is None, "nothing is trained"
    assert told["best"]["score"] == told["best"]["metrics"]["loss"]


def test_a_table_that_is_no_table_is_shown_where_it_stands(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (space / "small.arch").write_text(TEXT + "search Small { evaluate = table(3) }")
    assert run(["search", "small.arch"]) == 1
    assert "this is no evaluation" in capsys.readouterr().err
