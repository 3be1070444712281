"""`archc enumerate`: every program, in a fixed order."""

import json
from pathlib import Path

import archc
import pytest
from archc.cli.main import run

SPACE = """network S on x: f32[N, 4] -> f32[N, 4] {
    x -> (relu | tanh) -> dense(4 | 8) -> dense(4)
}
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "space.arch"
    path.write_text(SPACE)
    return path


def test_every_program_is_printed_once(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["enumerate", str(space), "--format", "jsonl"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[value for _, value in entry["trace"]] for entry in entries] == [
        ["relu", 4], ["relu", 8], ["tanh", 4], ["tanh", 8],
    ]  # fmt: skip
    assert run(["enumerate", str(space), "--format", "jsonl", "--start", "1", "-k", "2"]) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert again == entries[1:3]


def test_texts_have_a_line_between_them(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["enumerate", str(space)]) == 0
    parts = capsys.readouterr().out.split("\n\n")
    assert len(parts) == 4
    assert all(archc.parse(part + "\n").check().ok for part in parts)


def test_a_real_range_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "real.arch"
    path.write_text("network R on x: f32[N, 4] -> f32[N, 4] {\n    x -> dropout(0.0..0.5)\n}\n")
    assert run(["enumerate", str(path)]) == 1
    assert "give it a `step`" in capsys.readouterr().err
