"""A server of PostgreSQL that restarts, or goes for good, while a study runs."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.databases.postgresql import Postgresql
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State


@pytest.fixture
def running(postgres: Any) -> Iterator[Any]:
    """The server, which runs again when the test is over."""
    yield postgres
    if postgres.process.poll() is not None:
        postgres.start()


def test_a_restart_is_waited_for(
    running: Any, postgres_url: str, plain: Space, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(postgres_url)
    study = Study(store, "study", plain, make_method("random"), seed=3)
    other = Store(postgres_url)
    refused: list[str] = []
    timers: list[threading.Timer] = []

    def evaluate(program: Any, trial: Any) -> float:
        trial.report(1, 0.5)
        if trial.number == 2:  # it comes back while the outcome is being written
            running.stop()
            timers.append(threading.Timer(2, running.start))
            timers[0].start()
        if trial.number == 4:
            with pytest.raises(SearchError) as told, other.alone("study"):
                pass
            refused.append(told.value.message)
        return float(trial.number)

    with caplog.at_level(logging.WARNING, logger="archc"):
        study.run(InlineExecutor(evaluate), trials=6)
    timers[0].join()
    assert [trial.state for trial in study.trials] == [State.DONE] * 6
    assert store.trials(study.key) == study.trials
    assert store.reports(study.key) == {number: [(1, "score", 0.5)] for number in range(6)}
    assert [trial.attempts for trial in study.trials] == [1] * 6
    assert refused == ["the study 'study' is being run already"], "the lock came back too"
    assert "trying again for 300 seconds" in caplog.records[0].message
    store.close()
    other.close()


def test_a_server_that_stays_away_ends_the_study_and_loses_nothing(
    running: Any, postgres_url: str, plain: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postgresql, "patience", 2.0)
    store = Store(postgres_url)
    study = Study(store, "study", plain, make_method("random"), seed=3)

    def evaluate(program: Any, trial: Any) -> float:
        if trial.number == 2:
            running.stop()
        return float(trial.number)

    with pytest.raises(SearchError, match="127.0.0.1"):
        study.run(InlineExecutor(evaluate), trials=6)
    store.close()
    running.start()
    store = Store(postgres_url)
    again = Study(store, "study", plain, make_method("random"), seed=3)
    again.run(InlineExecutor(lambda program, trial: float(trial.number)), trials=6)
    assert [trial.merit for trial in again.trials] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [trial.attempts for trial in again.trials] == [1, 1, 2, 1, 1, 1]
    store.close()


def test_what_is_wrong_with_a_url_is_said_without_its_password(postgres: Any) -> None:
    with pytest.raises(SearchError) as told:
        Store("postgresql://archc:secret@127.0.0.1:1/nowhere")
    assert "127.0.0.1:1" in str(told.value)
    assert "is the server running" in str(told.value)
    assert "secret" not in str(told.value)
    with pytest.raises(SearchError, match="nowhere"):
        Store(postgres.url("nowhere"))
    with pytest.raises(SearchError, match="a store cannot lie in mysql"):
        Store("mysql://host/database")
