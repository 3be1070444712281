"""What a killed attempt had saved is gone on from: the study is as if nobody had killed it."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import os, sys, time
import archc
from archc.runtime.fitness import Fitness

TEXT = '''network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 12 | 16) -> relu -> dropout(0.1) -> dense(10)
}
train N {
    data = digits()
    epochs = 30
    batch = 256
    optimizer = adamw(lr=1e-2)
    checkpoint = 0.000001
}
'''
fitness = Fitness("N")

def evaluate(program, trial):
    saved = len(list(trial.directory.glob("run/checkpoints/step-*.json")))
    with open(sys.argv[1] + ".log", "a") as log:
        log.write(f"{os.getpid()} {trial.number} {trial.salvaged} {saved}" + chr(10))
    return fitness(program, trial)

evaluate.salvages = True
archc.run_search(
    archc.space(TEXT), "grid", evaluate, trials=3, jobs=1, store=sys.argv[1], minimize="loss"
)
"""
TRIALS = "SELECT number, trace, state, scores FROM trial ORDER BY number"
METRICS = "SELECT number, step, name, value FROM metric ORDER BY number, place"
ATTEMPTS = "SELECT number, state, interrupted FROM attempt ORDER BY number, attempt"


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return connection.execute(query).fetchall()


def log_of(path: Path) -> list[list[str]]:
    file = Path(f"{path}.log")
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "script.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture(scope="module")
def whole(script: Path) -> Path:
    """The study that nobody disturbed."""
    path = script.with_name("whole.db")
    subprocess.run([sys.executable, script, path], check=True, timeout=200)
    assert [line[2:] for line in log_of(path)] == [["False", "0"]] * 3
    return path


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "coordinator"])
def test_a_kill_costs_an_epoch(
    victim: str,
    script: Path,
    whole: Path,
    tmp_path: Path,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    path = tmp_path / "study.db"
    running = subprocess.Popen([sys.executable, script, path])
    files = tmp_path / "study.db.N.files"
    try:
        eventually(lambda: len(list(files.glob("1-1/run/checkpoints/step-*.json"))) > 1)
        worker, number, _, _ = log_of(path)[-1]
        assert number == "1", "it was too fast for this test"
        os.kill(int(worker) if victim == "worker" else running.pid, signal.SIGKILL)
        running.wait(200)
    finally:
        running.kill()
    if victim == "coordinator":
        subprocess.run([sys.executable, script, path], check=True, timeout=200)
    told = [line[1:] for line in log_of(path)]
    assert [line[:2] for line in told] == [
        ["0", "False"], ["1", "False"], ["1", "True"], ["2", "False"],
    ]  # fmt: skip
    assert int(told[2][2]) > 1, "the second attempt began with what the first had saved"
    assert rows(path, TRIALS) == rows(whole, TRIALS)
    assert rows(path, METRICS) == rows(whole, METRICS)
    interrupted = int(victim == "coordinator")
    assert rows(path, ATTEMPTS) == [
        (0, "DONE", 0), (1, "LOST", interrupted), (1, "DONE", 0), (2, "DONE", 0),
    ]  # fmt: skip
    said = [text for (text,) in rows(path, "SELECT detail FROM event WHERE kind = 'note'")]
    lost = ["trial 1: the worker ended by signal 9; it is evaluated again"]
    goes_on = ["trial 1 goes on from what its killed attempt had saved"]
    assert said == (lost if victim == "worker" else []) + goes_on
