"""`archc diff`: text, JSON, exit codes."""

import json
from pathlib import Path

import pytest
from archc.cli.main import run

ONE = "network Net(w: int = 8) on x: f32[N, T, 8] -> f32[N, T, w] { x -> dense(w) -> relu }\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.arch").write_text(ONE)
    Path("b.arch").write_text(ONE.replace("relu", "tanh"))


@pytest.mark.usefixtures("files")
def test_the_exit_code_is_zero_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "a.arch", "b.arch"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("--- a.arch: Net\n+++ b.arch: Net\n")
    assert "- relu  relu" in out
    assert run(["diff", "a.arch", "b.arch", "--exit-code"]) == 1
    assert run(["diff", "a.arch", "a.arch", "--exit-code"]) == 0
    assert capsys.readouterr().out.endswith("no difference\n")


@pytest.mark.usefixtures("files")
def test_json_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "a.arch", "b.arch", "--set", "T=4", "--set", "w=16", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema_version"] == 1
    assert found["costs"]["flops"] == [1152, 1472]
    assert found["weights"]["kept_params"] == 144


@pytest.mark.usefixtures("files")
def test_networks_of_different_names(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.arch").write_text(ONE + ONE.replace("network Net", "network Other"))
    assert run(["diff", "a.arch", "c.arch", "-n", "Net:Other"]) == 0
    assert capsys.readouterr().out == "--- a.arch: Net\n+++ c.arch: Other\nno difference\n"


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["a.arch", "none.arch"], 2, "none.arch"),
        (["a.arch"], 2, "Missing argument 'B'"),
        (["a.arch", "b.arch", "-n", "Other"], 1, "Other"),
        (["a.arch", "b.arch", "--set", "q=1"], 1, "q"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *words]) == code
    assert message in capsys.readouterr().err
