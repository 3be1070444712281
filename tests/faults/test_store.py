"""A disk that is full or flips bytes, and two coordinators: said, and nothing lost silently."""

import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.definition import Definition
from archc.search.engines import Engine
from archc.search.errors import Damaged, SearchError
from archc.search.ledger import Budget
from archc.search.registry import make_method
from archc.search.searching import Search, run
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

PAGE = 4096


def score(program: Any) -> float:
    return float(len(str(program)))


@pytest.fixture
def search(plain: Space, tmp_path: Path) -> Callable[..., Study]:
    """A study of that many trials in all, in the file of the test."""

    def search(trials: int, evaluate: Callable[..., Any] = score) -> Study:
        told = Search(
            Definition(seed=3), Budget(trials), Engine(jobs=0), tmp_path / "study.db", "study"
        )
        return run(plain, make_method("random"), evaluate, told)

    return search


def overwrite(path: Path, what: bytes, by: bytes) -> int:
    """Changes bytes of a file where they stand, as a disk does; how often it did."""
    data = path.read_bytes()
    count = data.count(what)
    path.write_bytes(data.replace(what, by))
    return count


def scramble(path: Path) -> None:
    """Writes over the head of every page but the first, which says what the file is."""
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // PAGE):
            file.seek(page * PAGE)
            file.write(b"\xff" * 64)


def test_a_corrupted_page_is_said_and_the_last_copy_used(
    search: Callable[..., Study], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = search(6).trials
    path = tmp_path / "study.db"
    scramble(path)
    with pytest.raises(Damaged, match=r"study.db is damaged: .*") as told:
        Store(path)
    assert "goes on with" in told.value.help
    assert "study.db.backup" in told.value.help
    with caplog.at_level(logging.WARNING, logger="archc"):
        again = search(10)
    assert [trial.state for trial in again.trials] == [State.DONE] * 10
    assert again.trials[:6] == whole
    assert [trial.attempts for trial in again.trials] == [1] * 10
    (record,) = caplog.records
    assert "is damaged" in record.message
    assert "goes on with the copy of" in record.message
    (kept,) = [item for item in tmp_path.iterdir() if "damaged" in item.name]
    assert str(kept) in record.message
    store = Store(path)
    assert "restored" in [kind for _, kind, _ in store.events(again.key)]
    store.close()


def test_without_a_copy_nothing_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    store = Store(path)
    store.create("study", {})
    store.close()
    scramble(path)
    damaged = path.read_bytes()
    with pytest.raises(Damaged) as told:
        Store(path, restore=True)
    assert "there is no copy" in told.value.help
    assert path.read_bytes() == damaged


def test_a_flipped_byte_in_a_row_is_noticed(search: Callable[..., Study], tmp_path: Path) -> None:
    """SQLite's own check sees the structure of pages, not what rows say."""
    study = search(4)
    path = tmp_path / "study.db"
    digits = f'{{"score":{study.trials[2].merit}}}'.encode()
    assert overwrite(path, digits, digits.replace(b".0", b".5")) > 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store = Store(path)
    with pytest.raises(Damaged, match=r"trial \d is not what was written") as told:
        store.trials(study.key)
    assert "study.db is damaged" in told.value.message
    assert "running the study goes on with" in told.value.help
    store.close()


def test_a_good_copy_is_not_replaced_by_a_bad_one(
    search: Callable[..., Study], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage while a study runs is seen when the next copy is due."""
    search(5)
    monkeypatch.setattr("archc.search.store.COPY_SECONDS", 0.0)
    path, copy = tmp_path / "study.db", tmp_path / "study.db.backup"
    good: list[bytes] = []

    def evaluate(program: Any) -> float:
        good.append(copy.read_bytes())
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        scramble(path)
        return 1.0

    with pytest.raises(Damaged):
        search(9, evaluate)
    assert copy.read_bytes() == good[0]
    assert not (tmp_path / "study.db.backup.new").exists()
    monkeypatch.undo()
    assert [trial.state for trial in search(9).trials] == [State.DONE] * 9


def test_a_flipped_byte_in_a_program_is_noticed(
    search: Callable[..., Study], tmp_path: Path
) -> None:
    study = search(4)
    assert overwrite(tmp_path / "study.db", b"-> flatten ->", b"-> FLATTEN ->") > 0
    store = Store(tmp_path / "study.db")
    with pytest.raises(Damaged, match=r"trial \d is not what was written"):
        store.trials(study.key)
    store.close()


def test_what_was_reported_is_checked(search: Callable[..., Study], tmp_path: Path) -> None:
    def evaluate(program: Any, trial: Any) -> float:
        trial.report(1, 0.125, "a number of mine")
        return 1.0

    study = search(3, evaluate)
    assert overwrite(tmp_path / "study.db", b"a number of mine", b"a number of Mine") > 0
    store = Store(tmp_path / "study.db")
    assert len(store.trials(study.key)) == 3
    with pytest.raises(Damaged, match="what trial . reported is not what was written"):
        store.reports(study.key)
    store.close()


def test_a_store_is_not_replaced_under_a_study_that_runs(
    search: Callable[..., Study], tmp_path: Path
) -> None:
    search(3)
    path = tmp_path / "study.db"

    def evaluate(program: Any) -> float:
        other = tmp_path / "study.db"
        before = other.read_bytes()
        scramble(other)
        with pytest.raises(SearchError, match="is damaged, and a study runs in it"):
            Store(other, restore=True)
        other.write_bytes(before)
        return 1.0

    search(4, evaluate)
    assert not [item for item in tmp_path.iterdir() if ".damaged" in item.name]
    assert path.exists()


FULL = """
import resource, signal, sys
import archc
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def evaluate(program, trial):
    if trial.number == 4:  # from here on no file may grow
        size = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    for step in range(3000):
        trial.report(step, 0.5, "a name that takes some room")
    return float(trial.number)

archc.run_search(
    archc.space(sys.argv[2]), "random", evaluate, trials=8, jobs=0, seed=3, store=sys.argv[1]
)
"""


def test_a_full_disk_ends_the_study_and_leaves_the_store_whole(
    plain: Space, tmp_path: Path
) -> None:
    script, path = tmp_path / "script.py", tmp_path / "study.db"
    script.write_text(FULL)
    command = [sys.executable, str(script), str(path), str(plain.source)]
    full = subprocess.run([*command, "300000"], capture_output=True, text=True, timeout=100)
    assert full.returncode == 1
    last = full.stderr.strip().splitlines()
    assert "SearchError" in full.stderr
    assert any("study.db cannot be written" in line for line in last)
    assert any("make room on the disk" in line for line in last)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store = Store(path)
    before = store.trials(1)
    store.close()
    done = [trial for trial in before if trial.state is State.DONE]
    assert [trial.number for trial in done] == [0, 1, 2, 3]
    roomy = subprocess.run(
        [*command, str(resource.RLIM_INFINITY)], capture_output=True, text=True, timeout=100
    )
    assert roomy.returncode == 0, roomy.stderr
    store = Store(path)
    after = store.trials(1)
    assert after[:4] == done
    assert [trial.state for trial in after] == [State.DONE] * 8
    assert [trial.attempts for trial in after] == [1, 1, 1, 1, 2, 1, 1, 1]
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_second_coordinator_is_refused_and_changes_nothing(
    kind: str, plain: Space, start: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = (
        str(tmp_path / "study.db") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    )
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, archc\n"
        "archc.run_search(archc.space(sys.argv[2]), 'random', lambda program: 1.0, trials=9,"
        " jobs=0, seed=3, store=sys.argv[1], name='study')\n"
    )
    refused: list[str] = []

    def evaluate(program: Any) -> float:
        if not refused:
            second = start(script, place, str(plain.source))
            assert second.wait(60) == 1
            refused.append(second.stderr.read())
        return 1.0

    told = Search(Definition(seed=3), Budget(3), Engine(jobs=0), place, "study")
    study = run(plain, make_method("random"), evaluate, told)
    assert "the study 'study' is being run already" in refused[0]
    store = Store(place)
    assert store.trials(study.key) == study.trials
    assert [trial.attempts for trial in study.trials] == [1, 1, 1]
    store.close()


def test_a_coordinator_that_was_killed_leaves_no_lock(
    plain: Space, start: Any, eventually: Any, tmp_path: Path
) -> None:
    path, script = tmp_path / "study.db", tmp_path / "script.py"
    script.write_text(
        "import sys, time, archc, pathlib\n"
        "def evaluate(program):\n"
        "    pathlib.Path(sys.argv[3]).touch(); time.sleep(600)\n"
        "archc.run_search(archc.space(sys.argv[2]), 'random', evaluate, trials=9, jobs=0, seed=3,"
        " store=sys.argv[1], name='study')\n"
    )
    first = start(script, path, str(plain.source), tmp_path / "begun")
    eventually((tmp_path / "begun").exists)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    told = Search(Definition(seed=3), Budget(3), Engine(jobs=0), path, "study")
    study = run(plain, make_method("random"), score, told)
    assert [trial.attempts for trial in study.trials] == [2, 1, 1]
    assert study.trials[0] == replace(study.trials[0], state=State.DONE)
