"""Every executor: what came of a trial does not depend on where it was evaluated."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.space import Space
from archc.search.executor import Executor
from archc.search.executors.inline import InlineExecutor
from archc.search.executors.local import LocalExecutor
from archc.search.executors.workers import WorkersExecutor
from archc.search.method import History, Method, Proposal
from archc.search.queue import Queue, Work
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

ENGINES = ["inline", "local", "workers", pytest.param("ray", marks=pytest.mark.slow)]
Run = Callable[..., Study]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def executor(engine: str, request: pytest.FixtureRequest) -> Callable[..., Executor]:
    """Two at once, wherever that is."""

    def make(study: Study, evaluate: Callable[..., Any], timeout: float | None) -> Executor:
        if engine == "inline":
            return InlineExecutor(evaluate)
        if engine == "local":
            return LocalExecutor(evaluate, 2, timeout=timeout)
        if engine == "ray":
            kind = request.getfixturevalue("ray_executor")
            made: Executor = kind(evaluate, 2, timeout=timeout)
            return made
        assert study.store.path is not None
        request.getfixturevalue("worker")(study.store.path)
        return WorkersExecutor(Queue(study.store, study.key), Work(evaluate, timeout), 2)

    return make


@pytest.fixture
def worker() -> Iterator[Callable[[Path], None]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(place: Path) -> None:
        command = [sys.executable, "-m", "archc", "worker", str(place), "--jobs", "2"]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    yield start
    for process in started:
        assert process.wait(30) == 0, "a worker ends when its study does"


@pytest.fixture(scope="session")
def ray_executor() -> Iterator[Callable[..., Executor]]:
    """A small cluster of this machine; the executor is imported with it."""
    from archc.search.executors.ray import RayExecutor  # noqa: PLC0415 - seconds
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 2,
            "object_store_memory": 80_000_000,
            "include_dashboard": False,
        },
    )

    def make(*arguments: Any, **named: Any) -> Executor:
        return RayExecutor(*arguments, address=cluster.address, **named)

    yield make
    cluster.shutdown()


@pytest.fixture
def run(executor: Callable[..., Executor], plain: Space, tmp_path: Path) -> Iterator[Run]:
    store = Store(tmp_path / "study.db")

    def run(
        evaluate: Callable[..., Any],
        trials: int,
        timeout: float | None = None,
        method: Method | None = None,
    ) -> Study:
        study = Study(store, "study", plain, method or make_method("random"), lag=4)
        study.run(executor(study, evaluate, timeout), trials=trials)
        return study

    yield run
    store.close()


def gone(pid: int) -> bool:
    """Whether a process has ended, or does so soon; it may still be waited for."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        if status.rpartition(")")[2].split()[0] in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_the_study_is_the_same_everywhere(run: Run, plain: Space) -> None:
    bonus = 100

    def evaluate(program: Any, trial: Any) -> float:
        for step in range(3):
            trial.report(step, trial.number / 3 + step, "loss")
        return bonus + len(str(program))

    study = run(evaluate, 8)
    reference = Study(Store(None), "study", plain, make_method("random"), lag=4)
    reference.run(InlineExecutor(evaluate), trials=8)
    assert [(trial.trace, trial.merit) for trial in study.trials] == [
        (trial.trace, trial.merit) for trial in reference.trials
    ]
    assert study.store.reports(study.key) == reference.store.reports(reference.key)
    assert len(study.store.reports(study.key)) == 8


def test_each_failure_is_a_state_of_its_own(run: Run) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        match trial.number:
            case 0:
                raise ValueError("a mistake of mine")
            case 1:
                raise MemoryError
            case 2:
                return float("nan")
        return 1.0

    study = run(evaluate, 4)
    states = [trial.state for trial in study.trials]
    assert states == [State.ERROR, State.OOM, State.NAN, State.DONE]
    assert "ValueError: a mistake of mine" in study.trials[0].error
    assert "Traceback" in study.trials[0].error
    assert [trial.attempts for trial in study.trials] == [1, 1, 1, 1]


# nothing protects a study from a function in its own process
@pytest.mark.parametrize("engine", ENGINES[1:], indirect=True)
def test_processes_that_die_or_hang_end_no_study(run: Run, tmp_path: Path) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        once = tmp_path / f"once-{trial.number}"
        is_first = not once.exists()
        once.touch()
        match trial.number:
            case 0:
                child = subprocess.Popen(["sleep", "600"])
                (tmp_path / "pids").write_text(f"{os.getpid()} {child.pid}")
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
                time.sleep(600)
            case 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case 2 if is_first:
                os._exit(3)
        return 1.0

    study = run(evaluate, 4, timeout=3)
    states = [trial.state for trial in study.trials]
    assert states == [State.TIMEOUT, State.LOST, State.DONE, State.DONE]
    assert [trial.attempts for trial in study.trials] == [1, 2, 2, 1]
    assert "longer than 3 seconds" in study.trials[0].error
    assert "by signal 9" in study.trials[1].error
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        assert gone(pid), "a process survived its trial"


class Further(Method):
    """Two programs for one epoch, then each for three."""

    fidelities = True

    def ask(self, history: History, random: Random) -> Proposal:
        number = history.number
        if number < 2:
            return Proposal(history.space.sample(random.bits()), fidelity={"epochs": 1})
        program = history.program(history.trials[number - 2])
        return Proposal(program, (number - 2,), {"epochs": 3}, resumes=number - 2)

    def awaits(self, history: History) -> int:
        return 2 if history.number >= 2 else 0

    def keeps(self, history: History) -> range:
        return range(2)


def test_a_trial_goes_on_with_the_files_of_another(run: Run) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        log = trial.directory / "log"
        text = log.read_text() if log.exists() else ""
        log.write_text(f"{text}{trial.number} ")
        return float(text.split() == ([] if trial.resumed is None else [str(trial.resumed)]))

    study = run(evaluate, 4, method=Further())
    assert [trial.resumes for trial in study.trials] == [None, None, 0, 1]
    assert [trial.merit for trial in study.trials] == [1.0] * 4
