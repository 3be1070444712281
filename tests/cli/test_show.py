"""`archc show`: what it prints, what it writes, and what it refuses."""

import json
from pathlib import Path

import pytest
from archc.cli.main import run

TEXT = """
block Two(width: int) on x: f32[N, C] -> f32[N, width] { x -> dense(width) -> relu }
network Small(width: int = 4) on x: f32[N, 3] -> y: f32[N, 2] { x -> Two(width) -> dense(2) }
network Text on x: f32[N, T, 3] -> f32[N, T, 2] { x -> dense(2) }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.arch"
    path.write_text(TEXT)
    return path


def test_the_table_holds_layers_and_totals(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(file), "-n", "Small"]) == 0
    out = capsys.readouterr().out
    assert "  dense  dense(4)" in out
    total = next(line for line in out.splitlines() if line.startswith("total"))
    assert total.split() == ["total", "26", "50", "40", "B"]


def test_depth_closes_blocks(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(file), "-n", "Small", "--depth", "0"]) == 0
    out = capsys.readouterr().out
    assert "Two(width=4) (2 layers)" in out
    assert "dense(4)" not in out


def test_settings_reach_hyperparameters_and_axes(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["show", str(file), "--json"]
    assert run([*words, "-n", "Small", "--set", "width=8"]) == 0
    assert json.loads(capsys.readouterr().out)["params"] == 3 * 8 + 8 + 8 * 2 + 2
    assert run([*words, "-n", "Text"]) == 0
    assert json.loads(capsys.readouterr().out)["flops"] == "14 * T"
    assert run([*words, "-n", "Text", "--set", "T=5"]) == 0
    assert json.loads(capsys.readouterr().out)["flops"] == 70


def test_json_holds_the_fixed_keys(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(file), "-n", "Small", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    assert answer["network"] == "Small"
    assert answer["inputs"] == [{"name": "x", "dtype": "f32", "shape": ["N", 3]}]
    assert answer["outputs"] == [{"name": "y", "dtype": "f32", "shape": ["N", 2]}]
    names = [(layer["name"], layer["layer"], layer["params"]) for layer in answer["layers"]]
    assert names == [("Two.dense", "dense", 16), ("Two.relu", "relu", 0), ("dense", "dense", 10)]


@pytest.mark.parametrize("ending", ["svg", "html", "dot", "mmd", "json", "txt"])
def test_a_drawing_goes_to_the_file(
    file: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = file.with_name(f"net.{ending}")
    assert run(["show", str(file), "-n", "Small", "-o", str(output)]) == 0
    captured = capsys.readouterr()
    assert "dense" in output.read_text(encoding="utf-8")
    assert captured.out == ""
    assert captured.err == f"wrote {output}\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["-n", "Small", "-o", "net.png"], 2, "ends in none of .dot, .html, .json, .mmd, .svg"),
        (["-n", "Smal"], 1, "Smal"),
        ([], 1, "Small"),
        (["-n", "Small", "--set", "depth=3"], 1, "depth"),
        (["-n", "Small", "--depth", "-1"], 2, "depth"),
        (["-n", "Small", "-o", "missing/net.svg"], 2, "missing"),
    ],
)
def test_what_is_wrong_is_said(
    file: Path, words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", str(file), *words]) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_wrong_program_shows_its_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.arch"
    path.write_text("network Net on x: f32[N, 3] -> f32[N, 2] { x -> dens(2) }\n")
    assert run(["show", str(path)]) == 1
    assert "dens" in capsys.readouterr().err
