"""A node of a cluster that goes while it works: its trial is lost, and evaluated elsewhere."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executor import Task
from archc.search.goal import Goal, Objective
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

pytestmark = pytest.mark.slow
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that evaluates nothing; everything of it has ended when the test has."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - seconds

    made = Cluster(
        initialize_head=True,
        head_node_args=NODE | {"num_cpus": 0, "include_dashboard": False},
    )
    yield made
    made.shutdown()


def test_a_node_is_removed_while_it_works(cluster: Any, plain: Space, tmp_path: Path) -> None:
    from archc.search.executors.ray import RayExecutor  # noqa: PLC0415

    nodes = [cluster.add_node(**NODE) for _ in range(2)]
    removed: list[Any] = []

    def evaluate(program: Any, trial: Any) -> float:
        place = tmp_path / f"{trial.number}"
        is_first = not place.exists()
        with place.open("a") as file:
            file.write(f"{os.getpid()} ")
        while trial.number == 1 and is_first:
            time.sleep(0.05)
        return float(trial.number)

    class Removing(RayExecutor):
        """Removes the node of trial 1 once it works."""

        def wait(self) -> list[Any]:
            if not removed:
                while not (tmp_path / "1").exists():
                    time.sleep(0.05)
                above = set(ancestors(int((tmp_path / "1").read_text())))
                removed.extend(node for node in nodes if raylet_of(node) in above)
                cluster.remove_node(removed[0], allow_graceful=False)
            return super().wait()

    store = Store(tmp_path / "study.db")
    study = Study(store, "study", plain, make_method("random"), lag=4)
    study.run(Removing(evaluate, 2, address=cluster.address), trials=5)
    assert len(removed) == 1
    assert [trial.state for trial in study.trials] == [State.DONE] * 5
    assert study.trials[1].attempts == 2
    assert len((tmp_path / "1").read_text().split()) == 2
    assert store.losses(study.key, 1) == 1
    store.close()


def ancestors(pid: int) -> Iterator[int]:
    """A process is on the node whose manager it descends from."""
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def raylet_of(node: Any) -> int:
    """The manager of a node."""
    return int(node.all_processes["raylet"][0].process.pid)


def test_each_node_has_its_accelerators_and_its_files(
    cluster: Any, plain: Space, tmp_path: Path
) -> None:
    """Ray believes what it is told of a node's accelerators. The study's folder is not there."""
    from archc.search.executors.ray import RayExecutor  # noqa: PLC0415

    class Elsewhere(RayExecutor):
        def start(self, task: Task) -> None:
            super().start(replace(task, directory=Path("/nowhere/files") / task.directory.name))

    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        (trial.directory / "file").touch()
        (tmp_path / str(trial.number)).write_text(str(trial.directory))
        time.sleep(1)
        return {"score": float(os.environ["CUDA_VISIBLE_DEVICES"]), "cuda": trial.device == "cuda"}

    node = cluster.add_node(**NODE | {"num_cpus": 2, "num_gpus": 2})
    goal = Goal((Objective("score"),))
    study = Study(Store(None), "study", plain, make_method("random"), goal=goal)
    study.run(Elsewhere(evaluate, 2, address=cluster.address, gpus=1), trials=4)
    cluster.remove_node(node)
    assert {trial.merit for trial in study.trials} == {0.0, 1.0}
    assert all(trial.scores["cuda"] == 1.0 for trial in study.trials)
    assert all(trial.checkpoint == "" for trial in study.trials)
    places = [Path((tmp_path / str(trial.number)).read_text()) for trial in study.trials]
    assert len(set(places)) == 4
    assert not any(place.parent.exists() for place in places), "files were left behind"


def test_a_cluster_that_is_not_there_is_said() -> None:
    from archc.search.executors.ray import RayExecutor  # noqa: PLC0415

    with pytest.raises(SearchError, match="no cluster of Ray at 127.0.0.1:1"):
        RayExecutor(len, 1, address="127.0.0.1:1")
