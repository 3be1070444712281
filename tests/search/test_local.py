"""Worker processes: each way in which one can fail is a state of its own, and ends no study."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executors.local import LocalExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

SCRIPT = """
import archc
from archc.search.executors.local import LocalExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study

print("begun")
bonus = 100
space = archc.space("network N on x: f32[N, 4] -> f32[N, 4] {\\n x -> dense(4..30) -> dense(4) }")

def evaluate(program):
    return bonus + program.trace[0].value

study = Study(Store(None), "study", space, make_method("random"))
study.run(LocalExecutor(evaluate, 4), trials=10)
print([trial.merit == 100 + trial.trace[0].value for trial in study.trials])
"""


@pytest.fixture
def run(plain: Space) -> Callable[..., Study]:
    def run(evaluate: Callable[..., Any], jobs: int = 2, trials: int = 8, **settings: Any) -> Study:
        study = Study(Store(None), "study", plain, make_method("random"))
        study.run(LocalExecutor(evaluate, jobs, **settings), trials=trials)
        return study

    return run


def gone(pid: int) -> bool:
    """Whether a process has ended; it may still be waited for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_each_failure_is_a_state_of_its_own(run: Callable[..., Study], tmp_path: Path) -> None:
    def evaluate(program: Any, trial: Any) -> Any:
        match trial.number:
            case 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case 2:
                raise ValueError("a mistake of mine")
            case 3:
                return float("inf")
            case 4:
                raise MemoryError
            case 5:
                sys.exit("enough")
            case 6:
                marker = tmp_path / "once"
                if not marker.exists():
                    marker.touch()
                    os._exit(3)
        return trial.number

    study = run(evaluate)
    D, E = State.DONE, State.ERROR
    wanted = [D, State.LOST, E, State.NAN, State.OOM, E, D, D]
    assert [trial.state for trial in study.trials] == wanted
    assert [trial.attempts for trial in study.trials] == [1, 2, 1, 1, 1, 1, 2, 1]
    assert "by signal 9" in study.trials[1].error
    assert "a mistake of mine" in study.trials[2].error
    assert "Traceback" in study.trials[2].error
    assert study.best is not None
    assert study.best.number == 7


def test_a_trial_that_hangs_ends_with_its_group(run: Callable[..., Study], tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def evaluate(program: Any, trial: Any) -> float:
        if trial.number == 0:
            child = subprocess.Popen(["sleep", "600"])
            pids.write_text(f"{os.getpid()} {child.pid}")
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            time.sleep(600)
        return 1.0

    begun = time.monotonic()
    study = run(evaluate, trials=3, timeout=1.5)
    assert time.monotonic() - begun < 60
    assert [trial.state for trial in study.trials] == [State.TIMEOUT, State.DONE, State.DONE]
    assert "longer than 1.5 seconds" in study.trials[0].error
    for pid in map(int, pids.read_text().split()):
        assert eventually(lambda pid=pid: gone(pid)), "a process survived its trial"  # type: ignore[misc]


def test_a_worker_that_the_kernel_ended_for_want_of_memory(
    run: Callable[..., Study], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told from other kills by the kernel's own count; such a trial is not tried again."""
    counts = tmp_path / "vmstat"
    counts.write_text("oom_kill 4\npgfault 7\n")
    monkeypatch.setattr("archc.search.executors.local.KERNEL_COUNTS", counts)

    def evaluate(program: Any, trial: Any) -> float:
        if trial.number == 1:
            counts.write_text("oom_kill 5\npgfault 9\n")
        if trial.number in (1, 3):
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    study = run(evaluate, jobs=1, trials=4)
    D = State.DONE
    assert [trial.state for trial in study.trials] == [D, State.OOM, D, State.LOST]
    assert [trial.attempts for trial in study.trials] == [1, 1, 1, 2]
    assert "run out of memory" in study.trials[1].error


def test_a_worker_has_one_thread_and_a_directory(run: Callable[..., Study]) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert trial.directory.is_dir()
        (trial.directory / "file").touch()
        return float(str(trial.directory).endswith(f"{trial.number}-1"))

    assert [trial.merit for trial in run(evaluate, trials=3).trials] == [1.0, 1.0, 1.0]


def test_several_workers_work_at_once(run: Callable[..., Study], tmp_path: Path) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        (tmp_path / str(trial.number)).touch()
        while not all((tmp_path / str(number)).exists() for number in range(3)):
            time.sleep(0.02)
        return float(os.getpid())

    study = run(evaluate, jobs=3, trials=3, timeout=30)
    assert len({trial.merit for trial in study.trials}) == 3


def test_what_cannot_travel_is_told() -> None:
    lock = sys._getframe()
    with pytest.raises(SearchError, match="cannot be sent to worker processes"):
        LocalExecutor(lambda program: lock, 1)


def test_a_script_without_a_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["begun", str([True] * 10)]


def test_workers_end_with_a_coordinator_that_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = tmp_path / "script.py"
    body = f"import os, time\n    open({str(pids)!r}, 'a').write(f'{{os.getpid()}} ')\n"
    script.write_text(
        SCRIPT.replace("return bonus", f"{body}    time.sleep(600)\n    return bonus")
    )
    running = subprocess.Popen([sys.executable, script], stdout=subprocess.DEVNULL)
    try:
        assert eventually(lambda: pids.exists() and len(pids.read_text().split()) == 4, 60)
    finally:
        running.kill()
        running.wait()
    workers = [int(pid) for pid in pids.read_text().split()]
    assert eventually(lambda: all(gone(pid) for pid in workers))
