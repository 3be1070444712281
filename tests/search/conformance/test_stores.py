"""Every database that a store can live in: the same trials come back, whatever happened between."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executor import Outcome
from archc.search.executors.inline import InlineExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State, Trial

Make = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path | str | None:
    if kind == "memory":
        return None
    return tmp_path / "study.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def store(place: Path | str | None) -> Iterator[Store]:
    made = Store(place)
    yield made
    made.close()


@pytest.fixture
def again(store: Store, place: Path | str | None) -> Iterator[Store]:
    """The same store, as another process would open it."""
    if place is None:
        yield store
        return
    made = Store(place)
    yield made
    made.close()


def proposed(number: int = 0, **changes: Any) -> Trial:
    text = f"network N on x: f32[N, 4] -> f32[N, 4] {{ x -> dense({number}) }}\n"
    trace: Any = ()
    return Trial(number, text, f"hash {number}", f"identity {number}", trace, **changes)


def running(store: Store, key: int, number: int = 0, **changes: Any) -> tuple[Trial, Outcome]:
    """A trial that was begun, and an outcome that ends it."""
    trial = proposed(number, **changes)
    store.add(key, trial)
    begun = replace(trial, state=State.RUNNING, attempts=1)
    token = store.begin(key, begun)
    return begun, Outcome(number, 1, State.DONE, {"score": 0.5}, token=token)


def done(trial: Trial, score: float = 0.5) -> Trial:
    return replace(trial, state=State.DONE, scores={"score": score}, merits=(score,))


def test_a_proposal_is_written_with_what_is_written_next(store: Store, again: Store) -> None:
    key = store.create("study", {})
    store.add(key, proposed(0))
    store.add(key, proposed(1, parents=(0,)))
    assert again is store or again.trials(key) == []
    begun = replace(proposed(0), state=State.RUNNING, attempts=1)
    store.begin(key, begun)
    assert again.trials(key) == [begun, proposed(1, parents=(0,))]
    store.add(key, proposed(2))
    store.end(key, "COMPLETE")
    assert [trial.number for trial in again.trials(key)] == [0, 1, 2]


def test_everything_of_a_trial_comes_back(store: Store, again: Store) -> None:
    key = store.create("study", {"seed": 1})
    for number in range(2):
        store.add(key, proposed(number))
    full = proposed(
        2, parents=(1, 0, 1), seed=-(2**62), fidelity={"epochs": 3.0, "data": 0.1}, sees=2,
        resumes=1, replay_of=0,
    )  # fmt: skip
    store.add(key, full)
    assert store.trials(key)[2] == full
    assert again.trials(key)[2] == full
    begun = replace(full, state=State.RUNNING, attempts=1)
    token = store.begin(key, begun)
    assert again.trials(key)[2] == begun
    ended = replace(
        begun, state=State.ERROR, scores={"a": 0.1 + 0.2, "b": None}, merits=(1e-300, -0.0),
        violation=2.5, cost={"epochs": 3}, checkpoint="1:abc", seconds=1 / 3, source="other#4",
        error="ü: \N{SNOWMAN}",
    )  # fmt: skip
    assert store.finish(key, ended, Outcome(2, 1, State.ERROR, token=token))
    assert again.trials(key) == [proposed(0), proposed(1), ended]
    assert again.trials(key)[2].merits == (1e-300, -0.0)


def test_a_text_that_no_database_takes_is_spelled(store: Store) -> None:
    key = store.create("study", {})
    trial, outcome = running(store, key)
    report = (1, "nam\0e", 0.5)
    failed = replace(trial, state=State.ERROR, error="a\0b \ud800")
    assert store.finish(key, failed, replace(outcome, state=State.ERROR, reports=(report,)))
    assert store.trials(key)[0].error == "a\\0b \\ud800"
    assert store.reports(key) == {0: [(1, "nam\\0e", 0.5)]}


def test_reports_come_back_in_their_order(store: Store, again: Store) -> None:
    key = store.create("study", {})
    reports = tuple((step, name, value) for step in (3, 1, 1) for name, value in
                    (("loss", 1 / 3 + step), ("none", None)))  # fmt: skip
    for number in range(3):
        trial, outcome = running(store, key, number)
        given = () if number == 1 else reports
        assert store.finish(key, done(trial), replace(outcome, reports=given))
    assert again.reports(key) == {0: list(reports), 2: list(reports)}


def test_only_the_last_attempt_counts(store: Store) -> None:
    key = store.create("study", {})
    trial, outcome = running(store, key)
    lost = replace(outcome, state=State.LOST, reports=((1, "loss", 9.0),))
    assert store.finish(key, replace(trial, state=State.WAITING), lost)
    assert store.losses(key, 0) == 1
    token = store.begin(key, replace(trial, attempts=2))
    second = Outcome(0, 2, State.DONE, reports=((1, "loss", 0.5),), token=token)
    assert store.finish(key, done(replace(trial, attempts=2)), second)
    assert store.reports(key) == {0: [(1, "loss", 0.5)]}
    assert store.trials(key)[0].attempts == 2


def test_a_late_result_is_refused_by_its_token(store: Store) -> None:
    key = store.create("study", {})
    trial, outcome = running(store, key)
    assert not store.finish(key, done(trial, 9.0), replace(outcome, token="another"))
    assert store.trials(key) == [trial]
    store.reclaim(key)
    late = replace(outcome, reports=((1, "loss", 0.5),))
    assert not store.finish(key, done(trial), late)
    assert store.trials(key)[0].state is State.WAITING
    assert store.reports(key) == {}
    assert [kind for _, kind, _ in store.events(key)] == [
        "created", "refused", "opened", "refused",
    ]  # fmt: skip


def test_a_transaction_that_is_done_twice_is_done_once(store: Store) -> None:
    key = store.create("study", {"seed": 1})
    assert store.create("study", {"seed": 1}) == key
    parent = proposed()
    trial = proposed(1, parents=(0, 0))
    for item in (parent, parent, trial, trial):
        store.add(key, item)
    begun = replace(trial, state=State.RUNNING, attempts=1)
    token = store.begin(key, begun)
    outcome = Outcome(1, 1, State.DONE, reports=((1, "loss", 0.5),) * 2, token=token)
    assert store.finish(key, done(begun), outcome)
    assert store.finish(key, done(begun), outcome)
    assert store.trials(key) == [parent, done(begun)]
    assert store.reports(key) == {1: [(1, "loss", 0.5)] * 2}


def test_what_was_running_waits_again(store: Store) -> None:
    key, other = store.create("study", {}), store.create("other", {})
    trial, outcome = running(store, key)
    elsewhere, _ = running(store, other)
    ended, last = running(store, key, 1)
    assert store.finish(key, done(ended), last)
    store.end(key, "COMPLETE")
    assert store.ended(key) == "COMPLETE"
    store.reclaim(key)
    assert store.ended(key) == ""
    assert store.trials(key) == [replace(trial, state=State.WAITING), done(ended)]
    assert store.losses(key, 0) == 0, "the study was interrupted, not the worker"
    assert store.trials(other) == [elsewhere]


def test_studies_have_names(store: Store, again: Store) -> None:
    keys = [store.create(name, {"name": name, "ü": [1.5, None]}) for name in ("b", "a")]
    assert [name for name, _ in again.studies()] == ["b", "a"]
    assert again.find("a") == (keys[1], {"name": "a", "ü": [1.5, None]})
    assert again.find("c") is None


def test_studies_share_what_they_found(store: Store) -> None:
    key, other = store.create("study", {}), store.create("other", {})
    store.add(key, proposed())
    trial, outcome = running(store, key, 1, parents=(0,))
    assert store.finished("identity 1", other) is None
    assert store.finish(key, done(trial), outcome)
    assert store.finished("identity 1", other) == ("study", done(trial))
    assert store.finished("identity 1", key) is None


def test_two_threads_write_and_nothing_is_lost(store: Store, again: Store) -> None:
    key = store.create("study", {})

    def add(writer: Store, numbers: range) -> None:
        for number in numbers:
            running(writer, key, number)

    threads = [
        threading.Thread(target=add, args=(store, range(40))),
        threading.Thread(target=add, args=(again, range(40, 80))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun = {"state": State.RUNNING, "attempts": 1}
    assert store.trials(key) == [replace(proposed(number), **begun) for number in range(80)]


def test_a_study_has_one_coordinator(store: Store, again: Store, place: Any) -> None:
    with store.alone("study"):
        if place is not None:
            refused = pytest.raises(SearchError, match="'study' is being run already")
            with refused, again.alone("study"):
                pass
        with again.alone("other"):
            again.create("other", {})
    with again.alone("study"):
        again.create("study", {})


def test_a_study_runs_in_it(plain: Space, store: Store, again: Store) -> None:
    study = Study(store, "study", plain, make_method("random"), seed=2)
    study.run(InlineExecutor(lambda program: len(str(program))), trials=12)
    kept = Study(again, "study", plain, make_method("random"), seed=2)
    assert kept.trials == study.trials
    assert kept.best == study.best
    kept.run(InlineExecutor(lambda program: len(str(program))), trials=15)
    assert [trial.state for trial in kept.trials] == [State.DONE] * 15


def test_the_clock_is_the_databases(store: Store) -> None:
    assert abs(store.now() - time.time()) < 60


def test_nothing_is_logged_when_nothing_is_wrong(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="archc"):
        running(store, store.create("study", {}))
    assert not caplog.records
