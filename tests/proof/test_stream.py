"""A slice of the long stream, and that what is not as asked would be noticed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from stream import Asked, Stream

SCRIPT = Path(__file__).with_name("stream.py")
HAS_MEMORY = Path("/proc/self/status").exists()


def command(results: Path, *options: object) -> list[str]:
    return [sys.executable, str(SCRIPT), "--results", str(results), *map(str, options)]


def test_lines_of_a_stream_are_those_of_their_indices(tmp_path: Path) -> None:
    results = tmp_path / "stream.json"
    options = ["--count", 30, "--start", 100, "--jobs", 1, "--again", 2, "--stretches", 2]
    subprocess.run(command(results, *options), check=True, stdout=subprocess.DEVNULL)
    found = json.loads(results.read_text())
    assert (found["count"], found["lines"], found["whole"]) == (30, 30, True)
    assert [(line["index"], line["same"]) for line in found["asked_again"]] == [
        (114, True),
        (129, True),
    ]
    assert [(part["first"], part["lines"]) for part in found["stretches"]] == [(100, 15), (115, 15)]
    assert found["bytes"] > 30_000
    if HAS_MEMORY:
        assert all(part["megabytes"]["main"]["most"] > 50 for part in found["stretches"])


def test_a_stream_that_is_stopped_leaves_its_figures(tmp_path: Path) -> None:
    results = tmp_path / "stream.json"
    options = ["--count", 1_000_000, "--jobs", 2, "--stretches", 100_000]
    with subprocess.Popen(command(results, *options), stdout=subprocess.PIPE, text=True) as process:
        while not results.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert "stopped after" in process.communicate(timeout=60)[0]
    assert process.returncode == 1
    found = json.loads(results.read_text())
    assert found["lines"] >= 10
    assert not found["whole"]
    if HAS_MEMORY:
        assert found["stretches"][0]["megabytes"]["worker"]["most"] > 50


LINES = (
    '{"index": 0, "onnx": "AA=="}\n',
    '{"index": 1, "text": null, "left_out": "program 1 is out of reach: 200,000 expansions"}\n',
    '{"index": 2, "onnx": null, "left_out": "130 MB of weights"}\n',
    '{"index": 3, "onnx": null, "left_out": "2,130 MB of weights"}\n',
)


def stream_of(lines: tuple[str, ...], results: Path, monkeypatch: pytest.MonkeyPatch) -> Stream:
    """One of lines that are given."""

    def process(asked: Asked) -> Any:
        script = f"print(''.join({lines}[{asked.start}:][:{asked.count}]), end='')"
        return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)

    monkeypatch.setattr(Asked, "process", process)
    return Stream(Asked(4), 2, 1, [1, 3], results)


def test_lines_without_onnx_are_told_by_their_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = stream_of(LINES, tmp_path / "stream.json", monkeypatch)
    stream.read()
    assert stream.whole and not stream.holds  # nothing was asked again
    stream.ask_again()
    assert stream.holds
    assert stream.without == {
        "program # is out of reach: # expansions": 1,
        "# MB of weights": 2,
    }


def test_what_is_not_as_asked_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = stream_of(LINES, tmp_path / "stream.json", monkeypatch)
    stream.read()
    stream.digests[3] = "0123"
    stream.ask_again()
    assert stream.same == {1: True, 3: False}
    assert not stream.holds
    stream = stream_of(LINES[:3], tmp_path / "stream.json", monkeypatch)
    stream.read()
    assert not stream.whole
    stream = stream_of(LINES[:1] + LINES[2:], tmp_path / "stream.json", monkeypatch)
    with pytest.raises(ValueError, match="program 2 stands in the place of 1"):
        stream.read()
    assert json.loads(stream.results.read_text())["lines"] == 1
