"""Every benchmark runs in its quick mode and writes a JSON file that says what it measured.

Times are not looked at: a busy machine would decide.
"""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
FILES = sorted(FOLDER.glob("bench_*.py"))
RESULTS = sorted((FOLDER / "results").glob("*.json"))
KEYS = {"what", "ours_seconds", "reference_seconds", "ratio", "quartiles", "turns", "bar", "met"}


def sound(document: dict[str, object], name: str) -> None:
    assert document["benchmark"] == name
    rows = document["rows"]
    assert isinstance(rows, list)
    assert rows or document["facts"], "it measured nothing"
    for row in rows:
        assert row.keys() == KEYS
        times = [row["ours_seconds"], row["reference_seconds"], row["ratio"]]
        assert all(math.isfinite(time) and time > 0 for time in times)
        assert row["turns"] >= 1
        assert (row["bar"] is None) == (row["met"] is None)


def test_there_is_a_benchmark_for_each_line_of_the_table() -> None:
    names = {path.stem.removeprefix("bench_") for path in FILES}
    assert names >= {"build", "check", "onnx", "parse", "speed", "start", "train"}


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_benchmark_runs_and_says_what_it_measured(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path), "--quick", "--output", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    name = path.stem.removeprefix("bench_")
    document = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    sound(document, name)
    assert document["quick"] is True
    for row in document["rows"]:
        assert row["what"] in done.stdout


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_the_figures_kept_are_of_full_runs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    sound(document, path.stem)
    assert document["quick"] is False
    assert not re.search(r'"[^"]*(?:/home/|/tmp/|\\\\)', text)


def test_figures_are_kept_of_every_benchmark() -> None:
    kept = {path.stem for path in RESULTS}
    assert {path.stem.removeprefix("bench_") for path in FILES} <= kept
