"""Streams made by several processes: their order, their bounds, and how they end."""

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from archc.cli import parallel

numbered = partial(partial, str)
"""What travels to a worker has to be found there, which a test's own functions are not."""


def test_texts_come_in_order() -> None:
    found = list(parallel.in_order(numbered, range(5, 500), 3))
    assert found == [(number, str(number)) for number in range(5, 500)]


def test_no_more_workers_begin_than_there_is_work_for() -> None:
    started = parallel._started(numbered, 2)
    with started as workers:
        assert len(workers) == 2
    assert all(worker.process.exitcode is not None for worker in workers)
    before = time.monotonic()
    assert list(parallel.in_order(numbered, range(2), 10_000)) == [(0, "0"), (1, "1")]
    assert time.monotonic() - before < 60
    assert list(parallel.in_order(numbered, range(0), 10_000)) == []


def test_what_waits_for_its_turn_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of 100 kB for each number: without a bound several chunks of 3 MB would wait."""
    monkeypatch.setattr(parallel, "HELD", 1_000_000)
    begin = partial(partial, operator.mul, "0123456789")
    held = []
    with parallel._started(begin, 2) as workers:
        stream = parallel._Stream(range(10_000, 10_200), workers)
        for number, text in stream.texts():
            assert len(text) == 10 * number
            held.append(stream.held)
            time.sleep(0.005)
    assert len(held) == 200
    assert max(held) < 1_500_000


def test_what_making_raises_is_raised_in_its_turn() -> None:
    begin = partial(getattr, "abc", "__getitem__")
    stream = parallel.in_order(begin, range(40), 2)
    assert [next(stream) for _ in "abc"] == [(0, "a"), (1, "b"), (2, "c")]
    with pytest.raises(IndexError):
        next(stream)


def test_a_worker_that_cannot_begin_says_why() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(parallel.in_order(partial(int, "x"), range(40), 2))


def test_a_worker_that_ends_early_is_an_error() -> None:
    with pytest.raises(parallel.WorkerEnded, match="ended with 3") as found:
        list(parallel.in_order(partial(partial, os._exit), range(3, 99), 2))
    assert found.value.number == 3


def test_an_exception_that_cannot_travel_is_told_by_its_text() -> None:
    class Local(Exception):
        pass

    found = parallel._portable(Local("here"))
    assert type(found) is RuntimeError
    assert str(found) == "Local: here"


SPACE = "network Net on x: f32[N, 4] -> f32[N, 2] { x -> repeat(9) { relu | tanh } -> dense(2) }\n"


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A stream without end by two workers, in a process group of its own."""
    (tmp_path / "space.arch").write_text(SPACE)
    words = ["sample", "space.arch", "-k", "100000000", "--jobs", "2", "--format", "jsonl"]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "archc", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b'{"index": 0')
            yield process
        finally:
            process.kill()


def test_an_interrupt_is_told_in_one_line(stream: subprocess.Popen[bytes], tmp_path: Path) -> None:
    os.killpg(stream.pid, signal.SIGINT)
    stream.communicate(timeout=60)
    assert stream.returncode == 130
    assert (tmp_path / "errors").read_text().split("\n") == ["", "error: interrupted", ""]


def test_workers_end_with_a_command_that_is_killed(
    stream: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    stream.kill()
    stream.communicate(timeout=60)  # until nobody holds its output any more
    deadline = time.monotonic() + 60
    while _has_members(stream.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _has_members(stream.pid)
    assert (tmp_path / "errors").read_text() == ""


def test_a_worker_that_is_killed_ends_the_stream(
    stream: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    found = subprocess.run(["pgrep", "-P", str(stream.pid)], capture_output=True, check=True)
    os.kill(int(found.stdout.split()[-1]), signal.SIGKILL)
    stream.communicate(timeout=60)
    assert stream.returncode == 2
    told = (tmp_path / "errors").read_text()
    assert "ended by signal 9" in told and "goes on" in told and "Traceback" not in told


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
