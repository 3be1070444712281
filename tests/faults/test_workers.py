"""Workers elsewhere that die, freeze, or are told to go; and a coordinator that dies meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.executors.workers import WorkersExecutor
from archc.search.queue import Queue, Work
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

pytestmark = pytest.mark.slow
Start = Callable[..., Any]
Eventually = Callable[[Callable[[], object]], None]
LEASE = 2.0
SLURM = Path(__file__).parents[2] / "docs" / "slurm.sh"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "study.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def slow(tmp_path: Path) -> Callable[..., float]:
    """Trial 1 is worked on until the file `go` is there; `log` tells who worked on what."""

    def evaluate(program: Any, trial: Any) -> float:
        with (tmp_path / "log").open("a") as log:
            log.write(f"{trial.number} {os.getppid()}\n")
        while trial.number == 1 and not (tmp_path / "go").exists():
            time.sleep(0.02)
        return float(trial.number)

    return evaluate


class Coordinator(threading.Thread):
    """A study that runs while the test plays with its workers."""

    def __init__(self, place: str, space: Space, evaluate: Any, folder: Path) -> None:
        super().__init__()
        self.store = Store(place)
        method = make_method("random")
        self.study = Study(self.store, "study", space, method, lag=2, folder=folder)
        work = Work(evaluate, lease=LEASE)
        self.executor = WorkersExecutor(Queue(self.store, self.study.key), work, 2)

    def run(self) -> None:
        self.study.run(self.executor, trials=5)

    def finish(self) -> Study:
        self.join(90)
        assert not self.is_alive()
        self.store.close()
        return self.study


@pytest.fixture
def coordinator(
    place: str, plain: Space, slow: Any, tmp_path: Path, eventually: Eventually
) -> Coordinator:
    made = Coordinator(place, plain, slow, tmp_path / "files")
    made.start()
    return made


def is_begun(tmp_path: Path) -> bool:
    log = tmp_path / "log"
    return log.exists() and any(line.startswith("1 ") for line in log.read_text().splitlines())


def events(study: Study, place: str) -> list[str]:
    store = Store(place)
    found = [kind for _, kind, _ in store.events(study.key)]
    store.close()
    return found


def test_a_worker_that_is_killed_loses_its_trial_once(
    coordinator: Coordinator, place: str, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    first = worker(place)
    eventually(lambda: is_begun(tmp_path))
    first.kill()
    (tmp_path / "go").touch()
    second = worker(place)
    study = coordinator.finish()
    assert [trial.state for trial in study.trials] == [State.DONE] * 5
    assert [trial.attempts for trial in study.trials] == [1, 2, 1, 1, 1]
    assert second.wait(30) == 0
    store = Store(place)
    assert store.losses(study.key, 1) == 1
    store.close()


def test_a_worker_that_froze_comes_too_late(
    coordinator: Coordinator, place: str, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    first = worker(place)
    eventually(lambda: is_begun(tmp_path))
    os.kill(first.pid, signal.SIGSTOP)
    (tmp_path / "go").touch()  # its own worker process finds an answer, which it cannot tell
    second = worker(place)
    study = coordinator.finish()
    os.kill(first.pid, signal.SIGCONT)
    assert study.trials[1].attempts == 2
    assert study.trials[1].state is State.DONE
    assert first.wait(30) == second.wait(30) == 0
    assert "trial 1" in (said := first.stderr.read())
    assert "too late" in said or "not this worker's any more" in said


def test_a_worker_that_is_told_to_go_gives_its_trial_back(
    coordinator: Coordinator, place: str, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    first = worker(place)
    eventually(lambda: is_begun(tmp_path))
    first.terminate()
    assert first.wait(30) == 130
    (tmp_path / "go").touch()
    second = worker(place)
    study = coordinator.finish()
    assert [trial.state for trial in study.trials] == [State.DONE] * 5
    assert study.trials[1].attempts == 2
    assert study.ended == "COMPLETE"
    assert second.wait(30) == 0
    store = Store(place)
    assert store.losses(study.key, 1) == 0
    store.close()


def test_the_template_for_slurm_passes_the_signal_on(
    coordinator: Coordinator, place: str, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    (tmp_path / "archc").write_text(f'#!/bin/sh\nexec {sys.executable} -m archc "$@"\n')
    (tmp_path / "archc").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    job = subprocess.Popen(
        ["bash", str(SLURM), place], env=os.environ | {"PATH": path}, stderr=subprocess.PIPE
    )
    eventually(lambda: is_begun(tmp_path))
    job.terminate()
    said = job.communicate(timeout=30)[1].decode()
    assert job.returncode == 130, said
    assert "trial 1 has ended: WAITING" in said
    (tmp_path / "go").touch()
    second = worker(place)
    assert coordinator.finish().trials[1].state is State.DONE
    assert second.wait(30) == 0


SCRIPT = """
import sys, time
from pathlib import Path
import archc
from archc.search.definition import Definition
from archc.search.engines import Engine
from archc.search.ledger import Budget
from archc.search.searching import Search, run
from archc.search.registry import make_method

place, folder, text = sys.argv[1:]
folder = Path(folder)

def evaluate(program, trial):
    with (folder / "log").open("a") as log:
        log.write(f"{trial.number} x" + chr(10))
    while trial.number == 1 and not (folder / "go").exists():
        time.sleep(0.02)
    return float(trial.number)

run(archc.space(text), make_method("random"), evaluate, Search(
    Definition(lag=2), Budget(5), Engine("workers", 2), place, folder=folder / "files"
))
"""


def test_workers_outlive_a_coordinator_that_is_killed(
    place: str, plain: Space, start: Start, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    given = (script, place, tmp_path, str(plain.source))
    first = start(*given)
    joined = worker(place)
    eventually(lambda: is_begun(tmp_path))
    first.kill()
    first.wait()
    second = start(*given)
    time.sleep(LEASE)
    (tmp_path / "go").touch()
    assert second.wait(60) == 0, second.stderr.read()
    assert joined.wait(30) == 0
    store = Store(place)
    trials = store.trials(1)
    store.close()
    assert [trial.state for trial in trials] == [State.DONE] * 5
    assert [trial.attempts for trial in trials] == [1] * 5
    numbers = [line.split()[0] for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(numbers) == list("01234"), "something was evaluated twice"


def test_ctrl_c_waits_for_what_has_begun_alone(
    place: str, plain: Space, start: Start, worker: Start, eventually: Eventually, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    given = (script, place, tmp_path, str(plain.source))
    first = start(*given)
    eventually(lambda: "has taken a trial yet" in first.stderr.readline())
    joined = worker(place)
    eventually(lambda: is_begun(tmp_path))
    store = Store(place)
    eventually(lambda: len(store.trials(1)) == 3)  # of which nobody has claimed the last
    first.send_signal(signal.SIGINT)
    eventually(lambda: store.trials(1)[2].state is State.WAITING)
    assert store.trials(1)[1].state is State.RUNNING
    (tmp_path / "go").touch()
    assert first.wait(30) != 0
    assert "KeyboardInterrupt" in first.stderr.read()
    assert [trial.state for trial in store.trials(1)] == [State.DONE, State.DONE, State.WAITING]
    assert joined.wait(30) == 0, "a worker ends with the study"
    again, second = start(*given), worker(place)
    assert again.wait(60) == second.wait(60) == 0
    assert [trial.attempts for trial in store.trials(1)] == [1, 1, 2, 1, 1]
    store.close()
