"""Accelerators: which there are, and that each worker sees one of them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.accelerators import gpus
from archc.search.executors.local import LocalExecutor
from archc.search.goal import Goal, Objective
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A folder of devices as on a machine with four, of which one was taken out."""
    for name in ("nvidia0", "nvidia1", "nvidia3", "nvidia4", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("device", "visible", "found"),
    [
        ("auto", None, ("0", "1", "2", "3")),
        ("cuda", None, ("0", "1", "2", "3")),
        ("cuda:2", None, ("2",)),
        ("cuda:9", None, ()),
        ("cpu", None, ()),
        ("mps", None, ()),
        ("cuda", "", ()),
        ("cuda", "-1", ()),
        ("auto", "5", ("5",)),
        ("cuda", "5, GPU-8a,1", ("5", "GPU-8a", "1")),
        ("cuda", "1,-1,2", ("1",)),
        ("cuda:1", "5,7", ("7",)),
    ],
)
def test_which_accelerators_there_are(
    device: str, visible: str | None, found: tuple[str, ...], four: Path
) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert gpus(device, environment, four) == found


def test_a_machine_without_any(tmp_path: Path) -> None:
    assert gpus("cuda", {}, tmp_path) == ()
    assert gpus("auto", {}, tmp_path / "nowhere") == ()


def test_each_worker_sees_one(plain: Space, tmp_path: Path) -> None:
    """Three workers and two accelerators: one of them is shared. A worker keeps its own, and one
    that takes another's place takes its accelerator too.
    """

    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        (tmp_path / str(trial.number)).touch()
        while not all((tmp_path / str(number)).exists() for number in range(3)):
            time.sleep(0.02)
        if trial.number == 3:
            os._exit(1)
        return {"gpu": float(os.environ["CUDA_VISIBLE_DEVICES"]), "cuda": trial.device == "cuda"}

    goal = Goal((Objective("gpu"),))
    study = Study(Store(None), "study", plain, make_method("random"), goal=goal)
    study.run(LocalExecutor(evaluate, 3, gpus=("5", "7")), trials=8)
    first = sorted(trial.merit or 0.0 for trial in study.trials[:3])
    assert first == [5.0, 5.0, 7.0]
    assert {trial.merit for trial in study.trials if trial.number != 3} == {5.0, 7.0}
    assert all(trial.scores["cuda"] == 1.0 for trial in study.trials if trial.number != 3)


def test_without_accelerators_nothing_is_set(plain: Space) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        return float(os.environ.get("CUDA_VISIBLE_DEVICES", "-1") == "-1" and trial.device == "cpu")

    study = Study(Store(None), "study", plain, make_method("random"))
    study.run(LocalExecutor(evaluate, 1), trials=1)
    assert study.trials[0].merit == 1.0
