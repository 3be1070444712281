"""The store: what it refuses, what it keeps."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.file_systems import network_file_system
from archc.search.goal import Goal, Objective
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /data nfs4 rw 0 0
/dev/sdb1 /data/local xfs rw 0 0
server:/with\\040space /my\\040data cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tmp/study.db", None),
        ("/data/study.db", "nfs4"),
        ("/data/deep/er/study.db", "nfs4"),
        ("/data/local/study.db", None),
        ("/database/study.db", None),
        ("/my data/study.db", "cifs"),
    ],
)
def test_network_file_systems_are_told_by_the_mounts(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_a_store_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr("archc.search.file_systems.MOUNTS", table)
    with pytest.raises(SearchError, match="network file system .nfs4."):
        Store(tmp_path / "study.db")
    assert not (tmp_path / "study.db").exists()


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be taken for one\n" * 20)
    with pytest.raises(SearchError, match="no store of studies"):
        Store(text)
    with pytest.raises(SearchError, match="there is no folder"):
        Store(tmp_path / "nowhere" / "study.db")


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema SET version = 99")
    connection.close()
    with pytest.raises(SearchError, match="version 99"):
        Store(path)


def test_it_writes_ahead(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_all_of_a_trial_comes_back(plain: Space, search: Any, tmp_path: Path) -> None:
    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        trial.report(1, 0.5)
        trial.report(2, float("inf"), "loss")
        if trial.number == 0:
            raise RuntimeError("no luck")
        return {"accuracy": trial.number / 10, "loss": float("inf")}

    store = Store(tmp_path / "study.db")
    given = {"population": 3, "tournament": 2}
    study = search(
        plain, "regularized_evolution", evaluate, 10, store, given,
        seed=-5, goal=Goal((Objective("accuracy"),)),
    )  # fmt: skip
    found = store.find("study")
    assert found is not None
    assert store.trials(found[0]) == study.trials
    assert study.trials[0].state is State.ERROR
    assert "RuntimeError: no luck" in study.trials[0].error
    done = next(trial for trial in study.trials if trial.state is State.DONE)
    assert done.scores == {"accuracy": done.number / 10, "loss": None}
    json.dumps([trial.to_json() for trial in study.trials], allow_nan=False)
    store.close()
    connection = sqlite3.connect(tmp_path / "study.db")
    query = "SELECT step, name, value FROM metric WHERE number = 0 ORDER BY step"
    assert connection.execute(query).fetchall() == [(1, "score", 0.5), (2, "loss", None)]
    (texts,) = connection.execute("SELECT count(DISTINCT program) FROM trial").fetchone()
    assert connection.execute("SELECT count(*) FROM program").fetchone() == (texts,)
    connection.close()


def test_a_name_means_one_search(plain: Space, search: Any, tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db")
    search(plain, trials=3, store=store)
    with pytest.raises(SearchError, match="with another seed"):
        search(plain, trials=3, store=store, seed=1)
    with pytest.raises(SearchError, match="with another method"):
        search(plain, "grid", trials=3, store=store)
    assert len(search(plain, trials=5, store=store).trials) == 5
    store.close()


def test_two_coordinators_are_one_too_many(
    plain: Space, oracle: Callable[[Any], float], tmp_path: Path
) -> None:
    store = Store(tmp_path / "study.db")
    method = make_method("random")
    first, second = (Study(store, "study", plain, method) for _ in range(2))
    refused: list[str] = []

    def evaluate(program: Any) -> float:
        with pytest.raises(SearchError) as error:
            second.run(InlineExecutor(oracle), trials=5)
        refused.append(error.value.message)
        return 1.0

    first.run(InlineExecutor(evaluate), trials=1)
    assert refused == ["the study 'study' is being run already"]
    second.run(InlineExecutor(oracle), trials=3)
    assert [trial.number for trial in second.trials] == [0, 1, 2]
    store.close()
