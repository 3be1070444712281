"""A write-ahead log that was cut off: SQLite says nothing of it, the study does."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.definition import Definition
from archc.search.engines import Engine
from archc.search.ledger import Budget
from archc.search.registry import make_method
from archc.search.searching import Search, run
from archc.search.study import Study
from archc.search.summary import summaries
from archc.search.trial import State

PAGE = 4096
KILLED = """
import os, signal, sys
import archc
from archc.search.definition import Definition
from archc.search.engines import Engine
from archc.search.ledger import Budget
from archc.search.registry import make_method
from archc.search.searching import Search, run

def evaluate(program, trial):
    if trial.number == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    return float(len(str(program)))

told = Search(Definition(seed=3), Budget(16), Engine(jobs=0), sys.argv[1], "study")
run(archc.space(sys.argv[2]), make_method("random"), evaluate, told)
"""


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


@pytest.fixture
def cut(plain: Space, tmp_path: Path) -> Path:
    """The log of a study that was killed in its 13th trial."""
    path = tmp_path / "study.db"
    killed = subprocess.run([sys.executable, "-c", KILLED, path, str(plain.source)])
    assert killed.returncode == -signal.SIGKILL
    log = Path(f"{path}-wal")
    assert log.stat().st_size > 10 * PAGE
    return log


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 4]))


@pytest.mark.parametrize("part", ["frame", "head", "all"])
def test_a_log_that_was_cut_off_is_noticed(
    part: str,
    cut: Path,
    search: Callable[..., Study],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """SQLite takes a damaged frame for the end of the log."""
    match part:
        case "frame":
            flip(cut, cut.stat().st_size // 2)
        case "head":
            flip(cut, 20)
        case "all":
            cut.unlink()
    with caplog.at_level(logging.WARNING, logger="archc"):
        study = search(16)
    (record,) = caplog.records
    assert "study.db is damaged: study 'study' lacks its last " in record.message
    assert "ended attempt" in record.message
    assert "its log was cut off" in record.message
    assert record.message.endswith("what is missing is evaluated again")
    assert [trial.state for trial in study.trials] == [State.DONE] * 16
    caplog.clear()
    assert len(search(17).trials) == 17
    assert not caplog.records, "it is said once"


def test_a_log_that_is_whole_is_no_reason_for_a_word(
    cut: Path, search: Callable[..., Study], caplog: pytest.LogCaptureFixture
) -> None:
    study = search(16)
    assert not caplog.records
    assert [trial.attempts for trial in study.trials] == [1] * 12 + [2] + [1] * 3


def test_the_copy_is_used_where_it_knows_more(
    search: Callable[..., Study], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    search(4)
    path = tmp_path / "study.db"
    old = path.read_bytes()
    whole = search(9).trials
    path.write_bytes(old)
    with caplog.at_level(logging.WARNING, logger="archc"):
        again = search(12)
    (record,) = caplog.records
    assert "lacks its last 5 proposals, 5 begun attempts and 5 ended attempts" in record.message
    assert "goes on with the copy of" in record.message
    assert again.trials[:9] == whole


def test_a_store_that_was_removed_is_missed_by_nobody(
    search: Callable[..., Study], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    search(4)
    (tmp_path / "study.db").unlink()
    assert len(search(2).trials) == 2
    assert not caplog.records


def test_a_study_that_was_killed_says_so(cut: Path, search: Callable[..., Study]) -> None:
    path = cut.with_name("study.db")
    (found,) = summaries(path)
    assert found.ended == "CUT_OFF"
    assert "13 trials (12 DONE, 1 RUNNING)" in found.line()
    assert "; it was cut off, and goes on with --resume; " in found.line()
    seen: list[str] = []

    def watched(program: Any) -> float:
        seen.extend(item.ended for item in summaries(path))
        return 1.0

    search(13, watched)
    assert seen == [""], "somebody runs it"
    assert summaries(path)[0].ended == "COMPLETE"
