"""What is told while a space is counted."""

import io
import sys
import time

import archc
import pytest
from archc.cli import counting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def process() -> counting.Process:
    return archc.space("network Net on x: f32[N, 4] -> f32[...] { x -> (relu | tanh) }").process


def test_a_terminal_is_told_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FIRST", 0.0)
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    counted = process()
    with counting.told(counted, 500):
        while "counting: " not in shown.getvalue():
            time.sleep(0.001)
    states = len(counted.states)
    assert f"{states} states, 0 of at most 500 expansions" in shown.getvalue()
    assert shown.getvalue().endswith(counting.WIPE)


def test_a_short_count_and_a_file_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", shown)
        with counting.told(process(), 500):
            pass
        assert shown.getvalue() == ""
