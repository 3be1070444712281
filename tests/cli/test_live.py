"""What a search shows: lines where nobody watches, a table that stays where somebody does."""

import io
from typing import Any

import pytest
from archc.cli.live import Watched, clock, number, watching
from archc.compiler.spaces.trace import Decision
from archc.search.goal import Goal, Objective
from archc.search.trial import State, Trial

AIM = Goal((Objective("accuracy"), Objective("params", maximize=False)))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def trial(number: int, accuracy: float | None, params: int = 1000, **given: Any) -> Trial:
    merits = () if accuracy is None else (accuracy, -float(params))
    state = State.ERROR if accuracy is None else State.DONE
    return Trial(
        number, "", "", "", (Decision("Net.conv.filters", 8 * number),),
        state=state, merits=merits, **given,
    )  # fmt: skip


TRIALS = [
    trial(0, 0.5, 24810),
    trial(1, 0.75, 300_000),
    trial(2, None, error="Traceback\nRuntimeError: [bold]no luck"),
    trial(3, 0.6, 500_000),
]


def test_lines_without_a_terminal() -> None:
    out = io.StringIO()
    with watching(AIM, 10, 2, out) as (seen, said):
        for item in TRIALS:
            seen(item)
        said("for people")
    assert out.getvalue().splitlines() == [
        "[1/10] trial 0: DONE 0.5 24,810, the best so far",
        "[2/10] trial 1: DONE 0.75 300,000, the best so far",
        "[3/10] trial 2: ERROR",
        "[4/10] trial 3: DONE 0.6 500,000",
        "for people",
    ]


def test_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with watching(AIM, 10, 2, out) as (seen, _):
        for item in TRIALS:
            seen(item)
        shown = seen.render()  # type: ignore[attr-defined]
        console = seen.console  # type: ignore[attr-defined]
        with console.capture() as captured:
            console.print(shown)
    table = captured.get()
    assert "4/10 trials" in table
    assert "2 workers" in table
    assert "3 DONE  1 ERROR" in table
    rows = [line.split() for line in table.splitlines()]
    front = [row[:3] for row in rows if row and row[0] in "0123"]
    assert front[:2] == [["1", "0.75", "300,000"], ["0", "0.5", "24,810"]]  # 3 is dominated
    assert "conv.filters=8" in table
    above = out.getvalue()
    assert "RuntimeError: [bold]no luck" in above
    assert "[4/10]" not in above, "only what is new or failed scrolls by"


def test_time_that_is_left() -> None:
    watched = Watched(AIM, 10, 1, begun=0.0)
    assert watched.seconds_left is None
    for item in TRIALS:
        watched.add(item)
    assert watched.seconds_left == pytest.approx(60 * 6 / watched.pace)
    assert watched.best is not None
    assert watched.best.number == 1
    assert [clock(59.9), clock(123), clock(3723)] == ["0:59", "2:03", "1:02:03"]
    assert [number(24810.0), number(0.98765)] == ["24,810", "0.9877"]
