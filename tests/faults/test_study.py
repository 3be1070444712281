"""What happens to a study when its coordinator is stopped, killed, or cannot write any more."""

import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

TRIALS = 24
SCRIPT = """
import sys, time
import archc

stages = "x -> dense(4 | 5 | 6 | 7) -> dense(4..20) -> dense(4)"
text = "network N on x: f32[N, 4] -> f32[N, 4] {" + stages + "}"
seconds = float(sys.argv[2])

def evaluate(program, trial):
    log = trial.directory / "log"
    done = len(log.read_text().split()) if log.exists() else 0
    while done < 10:
        time.sleep(seconds / 10 if trial.number else 0)
        done += 1
        with log.open("a") as file:
            file.write(f"{trial.number}\\n")
    with open(sys.argv[1] + ".evaluated", "a") as file:
        file.write(f"{trial.number} {trial.resumed}\\n")
    return sum(item.value for item in program.trace)

archc.run_search(
    archc.space(text + chr(10)), evaluate=evaluate, trials=24, jobs=2, seed=7, store=sys.argv[1],
    settings={"population": 6, "tournament": 3}, progress=lambda trial: print(trial.number),
)
"""
FINISHED = """
    SELECT number, trace, state, merit FROM trial
    WHERE state NOT IN ('WAITING', 'RUNNING') ORDER BY number
"""


def rows(path: Path, query: str = FINISHED) -> list[Any]:
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # killed before there were tables
        return []


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "script.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture(scope="module")
def whole(script: Path) -> list[Any]:
    """The study as it is without any fault."""
    path = script.with_name("whole.db")
    subprocess.run([sys.executable, script, path, "0"], check=True, timeout=200)
    found = rows(path)
    assert len(found) == TRIALS
    return found


@pytest.fixture
def start(script: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A coordinator that was started, and has finished a trial."""
    running: list[subprocess.Popen[str]] = []

    def start(path: Path, seconds: float) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", script, path, str(seconds)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdecimal()
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def resumed(script: Path, path: Path) -> list[Any]:
    subprocess.run([sys.executable, script, path, "0"], check=True, timeout=200)
    return rows(path)


def evaluated(path: Path) -> list[int]:
    lines = Path(f"{path}.evaluated").read_text().splitlines()
    return [int(line.split()[0]) for line in lines]


def test_ctrl_c_lets_what_runs_come_to_its_end(
    script: Path, whole: list[Any], start: Any, tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    process = start(path, 0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in said
    assert rows(path, "SELECT ended FROM study") == [("INTERRUPTED",)]
    assert rows(path, "SELECT count(*) FROM attempt WHERE state != 'DONE'") == [(0,)]
    assert 0 < len(rows(path)) < TRIALS
    assert resumed(script, path) == whole
    assert len(evaluated(path)) == len(set(evaluated(path))), "a trial was evaluated twice"


def test_ctrl_c_twice_stops_at_once(
    script: Path, whole: list[Any], start: Any, tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    process = start(path, 600)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    assert process.poll() is None, "it did not wait for what runs"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode != 0
    assert time.monotonic() - begun < 60
    assert resumed(script, path) == whole


def test_sigterm_saves_what_runs_and_it_goes_on_from_there(
    script: Path, whole: list[Any], start: Any, tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    process = start(path, 20)
    time.sleep(3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=100)
    assert process.returncode != 0
    waiting = rows(path, "SELECT number, checkpoint FROM trial WHERE state = 'WAITING'")
    saved = [number for number, checkpoint in waiting if checkpoint]
    assert saved, "nothing was saved"
    assert rows(path, "SELECT count(*) FROM trial WHERE state = 'RUNNING'") == [(0,)]
    assert resumed(script, path) == whole
    lines = Path(f"{path}.evaluated").read_text().splitlines()
    for number in saved:
        assert f"{number} {number}" in lines, "it was not gone on from what was saved"


def test_a_full_disk_ends_the_study_clearly(tmp_path: Path, plain: Any) -> None:
    """Files of this process may grow no further, as if the disk were full."""
    store = Store(tmp_path / "study.db")
    study = Study(store, "study", plain, make_method("random"))

    def evaluate(program: Any, trial: Any) -> float:
        if trial.number == 3:
            (trial.directory / "large").write_bytes(b"x" * 10_000_000)
        return 1.0

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, before[1]))
    try:
        with pytest.raises(SearchError, match="nothing more can be written") as error:
            study.run(InlineExecutor(evaluate), trials=10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "make room" in error.value.help
    again = Study(store, "study", plain, make_method("random"))
    assert [trial.state for trial in again.trials[:3]] == [State.DONE] * 3
    again.run(InlineExecutor(lambda program: 1.0), trials=10)
    assert [trial.state for trial in again.trials] == [State.DONE] * 10
    assert again.trials[3].attempts == 2
    store.close()


def test_a_store_that_cannot_grow_is_whole(tmp_path: Path, plain: Any) -> None:
    store = Store(tmp_path / "study.db")
    study = Study(store, "study", plain, make_method("random"))
    study.run(InlineExecutor(lambda program: 1.0), trials=2)

    def evaluate(program: Any, trial: Any) -> float:
        for step in range(3000):
            trial.report(step, 1.0, "a long name that fills the store quickly" * 4)
        return 1.0

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = (tmp_path / "study.db").stat().st_size + 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(SearchError, match="cannot be written"):
            study.run(InlineExecutor(evaluate), trials=60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    store.close()
    store = Store(tmp_path / "study.db", restore=False)
    store.check()
    again = Study(store, "study", plain, make_method("random"))
    again.run(InlineExecutor(lambda program: 1.0), trials=10)
    assert {trial.state for trial in again.trials} == {State.DONE}
    store.close()


def test_memory_that_does_not_suffice_is_told_apart_and_not_tried_again(plain: Any) -> None:
    calls: list[int] = []

    def evaluate(program: Any, trial: Any) -> float:
        calls.append(trial.number)
        if trial.number == 1:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes")
        if trial.number == 2:
            raise MemoryError
        return 1.0

    study = Study(Store(None), "study", plain, make_method("random"))
    study.run(InlineExecutor(evaluate), trials=4)
    states = [trial.state for trial in study.trials]
    assert states == [State.DONE, State.OOM, State.OOM, State.DONE]
    assert calls == [0, 1, 2, 3]


@pytest.fixture
def plain() -> Any:
    return archc.space(
        "network Plain on x: f32[N, 4] -> f32[N, 4] {\n"
        "    x -> dense(8..30) -> (relu | tanh) -> dense(4)\n}\n"
    )


LONG = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16 | 32) -> (relu | tanh) -> dropout(0.2) -> dense(10)
}
train N { data = digits(), epochs = 60, optimizer = adamw(lr=1e-3) }
search N { method = random, maximize = accuracy, budget = trials(2) }
"""


@pytest.mark.slow
def test_a_training_goes_on_after_sigterm_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    (tmp_path / "long.arch").write_text(LONG)
    command = [sys.executable, "-m", "archc", "search", "long.arch", "--jobs", "2", "--no-final"]

    def search(store: str, *more: str) -> subprocess.Popen[str]:
        given = [*command, "--study", store, *more]
        return subprocess.Popen(given, cwd=tmp_path, stdout=subprocess.DEVNULL, text=True)

    process = search("stopped.db")
    folder = tmp_path / "stopped.db.N.files"
    end = time.monotonic() + 200
    while not [path for path in folder.glob("*/run/metrics.jsonl") if path.stat().st_size > 1000]:
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(100) == 130
    path = tmp_path / "stopped.db"
    states = rows(path, "SELECT state, checkpoint != '' FROM trial")
    assert ("WAITING", 1) in states
    assert list(folder.glob("*/run/checkpoints/*.json")), "no training was saved"
    assert search("stopped.db", "--resume").wait(200) == 0
    assert search("whole.db").wait(200) == 0
    scores = "SELECT number, state, scores FROM trial ORDER BY number"
    assert rows(path, scores) == rows(tmp_path / "whole.db", scores)
    attempts = rows(path, "SELECT max(attempts) FROM trial")
    assert attempts == [(2,)]
