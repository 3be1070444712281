"""What the tests of faults share: a space, workers that are processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import archc
import pytest
from archc.compiler.spaces.space import Space

TEXT = """network Plain on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16 | 32) -> (relu | gelu | tanh) -> dense(8 | 12) -> dense(10)
}
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def plain() -> Space:
    return archc.space(TEXT)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a Python process, which is killed if it outlives its test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.kill()
        process.communicate()


@pytest.fixture
def worker(start: Start) -> Start:
    """`archc worker`, with what else is given."""
    return lambda place, *options: start("-m", "archc", "worker", place, *options)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits until something holds."""

    def eventually(condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.05)

    return eventually
