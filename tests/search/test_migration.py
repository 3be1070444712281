"""A store that an older archc wrote is upgraded, whole or not at all, and its study goes on."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.goal import Goal, Objective
from archc.search.migrations import version_2
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.tables import VERSION
from archc.search.trial import State
from sqlalchemy import inspect

SPACE = """network Digits on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(4 | 8 | 12) -> dense(10)
}

train Digits {
    data = digits()
    epochs = 1
    optimizer = adamw(lr=1e-2 | 1e-3)
}
"""
STORES = Path(__file__).parent / "stores"
D, E, R = State.DONE, State.ERROR, State.RUNNING


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copy(STORES / "version_1.db", tmp_path / "study.db"))


def test_everything_of_version_1_is_still_there(old: Path) -> None:
    store = Store(old)
    ((name, settings),) = store.studies()
    assert (name, settings["objectives"], settings["lag"]) == ("Plain", [["accuracy", True]], 4)
    trials = store.trials(1)
    assert [trial.state for trial in trials] == [D, D, D, E, *[D] * 10, R]
    assert [trial.parents for trial in trials][4:8] == [(0,), (1,), (1,), (2,)]
    assert [trial.merit for trial in trials][:5] == [0.0, 0.1, 0.2, None, 0.1]
    assert [trial.replay_of for trial in trials][4:7] == [1, None, 0]
    assert [trial.sees for trial in trials] == [0, 0, 0, *range(12)]
    assert trials[1].scores == {"accuracy": 0.1, "loss": 1.0}
    assert "RuntimeError: no luck" in trials[3].error
    assert store.reports(1)[5] == [(1, "score", 2.5), (2, "loss", None)]
    assert 4 not in store.reports(1)
    store.close()


def kind_of(column: Any) -> str:
    """To SQLite all sizes of integers are one."""
    return str(column).replace("BIGINT", "INTEGER")


def test_the_tables_are_those_that_are_made_anew(old: Path, tmp_path: Path) -> None:
    def described(path: Path) -> dict[str, Any]:
        store = Store(path)
        seen = inspect(store.database.engine)
        found = {
            name: (
                {
                    item["name"]: (kind_of(item["type"]), item["nullable"])
                    for item in seen.get_columns(name)
                },
                seen.get_pk_constraint(name)["constrained_columns"],
                {tuple(item["column_names"]) for item in seen.get_indexes(name)},
            )
            for name in seen.get_table_names()
        }
        store.close()
        return found

    upgraded, new = described(old), described(tmp_path / "new.db")
    assert upgraded.keys() == new.keys()
    for name in new:
        assert upgraded[name] == new[name], name


def test_the_study_goes_on(old: Path, plain: Space) -> None:
    store = Store(old)
    method = make_method("regularized_evolution", {"population": 4, "tournament": 2})
    goal = Goal((Objective("accuracy"),))
    study = Study(store, "Plain", plain, method, seed=5, lag=4, goal=goal)
    study.run(InlineExecutor(lambda program, trial: {"accuracy": trial.number / 10}), trials=20)
    assert len(study.trials) == 20
    assert study.trials[14].attempts == 2
    assert study.best is not None
    assert study.best.number > 14
    store.close()


def test_a_copy_is_kept_of_what_was(old: Path) -> None:
    before = (STORES / "version_1.db").read_bytes()
    Store(old).close()
    copy = Path(f"{old}.version-1")
    with closing(sqlite3.connect(copy)) as kept, closing(sqlite3.connect(old)) as now:
        assert kept.execute("SELECT version FROM schema").fetchone() == (1,)
        assert kept.execute("SELECT count(*), sum(merit) FROM trial").fetchone()[0] == 15
        assert now.execute("SELECT version FROM schema").fetchone() == (VERSION,)
    assert (STORES / "version_1.db").read_bytes() == before


def test_an_upgrade_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError("the power went")

    monkeypatch.setattr(version_2, "_trial", fail)
    with pytest.raises(OSError, match="the power went"):
        Store(old)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version FROM schema").fetchone() == (1,)
        (tables,) = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('lineage', 'job', 'old_metric')"
        ).fetchone()
        assert tables == 0
        assert connection.execute("SELECT count(*) FROM metric").fetchone()[0] > 0
    monkeypatch.undo()
    Store(old).close()


def test_without_room_for_a_copy_nothing_is_upgraded(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("archc.search.databases.sqlite.os.fsync", full)
    with pytest.raises(SearchError, match="no copy could be made of it: .*No space left"):
        Store(old)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version FROM schema").fetchone() == (1,)
    assert not Path(f"{old}.version-1").exists()


def test_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE schema SET version = 99")
        connection.commit()
    with pytest.raises(
        SearchError, match=f"version 99, and this archc reads versions 1 to {VERSION}"
    ):
        Store(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["study.db"]


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photo (id INTEGER)")
        connection.commit()
    with pytest.raises(SearchError, match="a database of something else"):
        Store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("photo",)]


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A store of version 2 that was written with today's hash of graphs."""
    path = Path(shutil.copy(STORES / "version_2.db", tmp_path / "study.db"))
    with closing(sqlite3.connect(path)) as connection:
        for key, text in connection.execute("SELECT key, text FROM program").fetchall():
            new = archc.compile(text).hash, key
            connection.execute("UPDATE program SET hash = ? WHERE key = ?", new)
        connection.commit()
    return path


def test_what_version_2_knew_is_not_trained_again(second: Path) -> None:
    store = Store(second)
    known = {trial.identity: trial for trial in store.trials(1)}
    store.close()
    assert len(known) == 3
    space = archc.space(SPACE.replace("Digits", "Renamed"))
    study = archc.run_search(space, "grid", trials=6, jobs=0, store=second, seed=1, name="again")
    taken = {trial.source for trial in study.trials}
    assert taken == {"", "Digits#0", "Digits#1", "Digits#2"}
    again = archc.run_search(
        archc.space(SPACE), "random", trials=4, jobs=0, lag=2, store=second, seed=1
    )
    assert [trial.attempts for trial in again.trials][:3] == [1, 1, 1]


def test_functions_of_version_2_go_on_too(second: Path) -> None:
    told = archc.run_search(
        archc.space(SPACE), "grid", evaluate=lambda program: 0.0, evaluator_id="length",
        trials=6, jobs=0, store=second, seed=1, name="again",
    )  # fmt: skip
    assert sorted(trial.merit for trial in told.trials) == [0.0, 0.0, 0.0, 181.0, 181.0, 182.0]
