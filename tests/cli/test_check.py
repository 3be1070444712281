"""`archc check`: what it prints where, its exit codes, its formats, watching, and how fast it
starts.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archc.cli.main import run

GOOD = "network Net on x: f32[N, 4] -> f32[N, 2] { x -> dense(2) }\n"
BAD = "network Net on x: f32[N, 4] -> f32[N, 2] {\n    x -> dens(2)\n}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.arch").write_text(GOOD)
    (tmp_path / "bad.arch").write_text(BAD)
    return tmp_path


def test_a_good_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "good.arch"]) == 0
    said = capsys.readouterr()
    assert said.out == "good.arch: 1 network, no errors\n"
    assert not said.err


def test_bad_ones_are_told_on_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "bad.arch", "good.arch"]) == 1
    said = capsys.readouterr()
    assert said.out == "good.arch: 1 network, no errors\n"
    assert "error[E201]: nothing is called `dens`" in said.err
    assert "did you mean `dense`?" in said.err
    assert said.err.endswith("bad.arch: 1 network, 1 error\n")


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--format", "json", "good.arch", "bad.arch"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    assert answer["networks"] == [{"name": "Net", "size": 1}]
    (found,) = answer["diagnostics"]
    assert found["code"] == "E201"
    assert found["severity"] == "error"
    assert (found["file"], found["line"], found["column"]) == ("bad.arch", 2, 10)
    assert (found["end_line"], found["end_column"]) == (2, 14)
    assert found["help"] == "did you mean `dense`?"


@pytest.mark.parametrize(("name", "start"), [("github", "::error "), ("sarif", "{")])
def test_other_formats(
    name: str, start: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--format", name, "bad.arch"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(start)
    assert "E201" in said.out
    assert not said.err


def test_what_cannot_be_read_is_no_fault_of_a_program(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "missing.arch"]) == 2
    assert run(["check", "."]) == 2
    assert run(["check"]) == 2
    assert run(["check", "--limit-nodes", "0", "good.arch"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_limits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--limit-parameters", "9", "good.arch"]) == 1
    assert "error[E403]" in capsys.readouterr().err
    assert run(["check", "--limit-parameters", "10", "good.arch"]) == 0


def test_nothing_slow_is_imported(folder: Path) -> None:
    program = (
        "import sys; from archc.cli.main import run; run(['check', 'good.arch']);"
        "print({name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()[-1]
    for slow in ("torch", "onnx", "onnxruntime", "numpy", "rich", "networkx", "sklearn", "difflib"):
        assert f"'{slow}'" not in loaded


@pytest.mark.parametrize("command", ["train", "search", "bench table -o new.parquet"])
def test_what_trains_tells_all_that_is_wrong_before_it_begins(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = "train Net { data = digits(), los = mse, epochs = 0 }\n"
    (folder / "bad.arch").write_text(GOOD.replace("{ x", "{\n let a = 3\n x") + train)
    assert run([*command.split(), "bad.arch"]) == 1
    said = capsys.readouterr()
    assert not said.out
    heads = [line for line in said.err.splitlines() if line.startswith(("error", "warning"))]
    assert [head.partition(":")[0] for head in heads] == [
        "warning[W212]", "error[E431]", "error[E433]",
    ]  # fmt: skip
    assert {path.name for path in folder.iterdir()} == {"good.arch", "bad.arch"}


def test_watching_sees_changes_in_files_that_are_used(folder: Path) -> None:
    (folder / "main.arch").write_text("use parts\n" + GOOD.replace("dense(2)", "parts.Part"))
    (folder / "parts.arch").write_text("block Part on x { x -> dense(2) }\n")
    watching = subprocess.Popen(
        [sys.executable, "-m", "archc", "check", "--watch", "main.arch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "main.arch: 1 network, no errors\n"
        time.sleep(0.1)
        (folder / "parts.arch").write_text("block Part on x { x -> dense(3) }\n")
        assert watching.stdout.readline().startswith("error[E266]")
        while watching.stdout.readline() != "main.arch: 1 network, 1 error\n":
            pass
        os.remove(folder / "main.arch")
        assert watching.stdout.readline() == "main.arch: No such file or directory\n"
        (folder / "main.arch").write_text(GOOD)
        assert watching.stdout.readline() == "main.arch: 1 network, no errors\n"
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 0
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
