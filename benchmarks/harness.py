"""What every benchmark shares: paired measurements, a table, a JSON file.

Comes in: two callables that do the same work, ours and a reference. Goes out: a `Row` with the
ratio of their times. The two take turns, and every second turn the other one begins, so that a busy
machine hits both alike; the ratio is the median over the turns. Every benchmark keeps to one
thread, so that CPU time tells all.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parent / "examples"
PROGRAMS = FOLDER / "programs"
RESULTS = FOLDER / "results"
PACKAGES = ("lark", "click", "torch", "onnx", "onnxruntime-gpu", "onnxscript")

Work = Callable[[], Any]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Bar:
    """What the ratio should be: ours / reference, or with `faster` the other way around."""

    least: float | None = None
    most: float | None = None
    faster: bool = False

    def met(self, ratio: float) -> bool:
        low = self.least is None or ratio >= self.least
        return low and (self.most is None or ratio <= self.most)

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.most is not None:
            return f"at most {self.most:g}"
        return f"at least {self.least:g}{' times faster' if self.faster else ''}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Times are medians in seconds; `low` and `high` are the quartiles of
    the ratios of single turns.
    """

    what: str
    ours: float
    reference: float
    ratio: float
    low: float
    high: float
    turns: int
    bar: Bar | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "ours_seconds": _short(self.ours),
            "reference_seconds": _short(self.reference),
            "ratio": _short(self.ratio),
            "quartiles": [_short(self.low), _short(self.high)],
            "turns": self.turns,
            "bar": str(self.bar) if self.bar else None,
            "met": self.bar.met(self.ratio) if self.bar else None,
        }

    def cells(self) -> list[str]:
        met = "" if self.bar is None else "yes" if self.bar.met(self.ratio) else "NO"
        return [
            self.what,
            milliseconds(self.ours),
            milliseconds(self.reference),
            f"{self.ratio:.3g}",
            f"{self.low:.3g} to {self.high:.3g}",
            str(self.bar or ""),
            met,
        ]


@dataclass(slots=True)
class Report:
    """What a benchmark fills. `facts` are figures that are no comparison."""

    quick: bool
    rows: list[Row] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def turns(self, usual: int) -> int:
        """How often to measure: often enough for a median, or just once to see that it runs."""
        return 1 if self.quick else usual

    def compare(
        self,
        what: str,
        ours: Work,
        reference: Work,
        *,
        turns: int,
        number: int = 1,
        bar: Bar | None = None,
        clock: Clock = time.process_time,
    ) -> Row:
        """Measures both, `number` calls at a time, after each has run once to warm up."""
        if not self.quick:
            ours(), reference()
        row = paired(
            what,
            lambda: timed(ours, number, clock),
            lambda: timed(reference, number, clock),
            turns=self.turns(turns),
            bar=bar,
        )
        self.rows.append(row)
        return row


def timed(work: Work, number: int = 1, clock: Clock = time.process_time) -> float:
    """Seconds per call. Nobody pays for the garbage of who came before."""
    gc.collect()
    begin = clock()
    for _ in range(number):
        work()
    return (clock() - begin) / number


def paired(
    what: str,
    ours: Callable[[], float],
    reference: Callable[[], float],
    *,
    turns: int,
    bar: Bar | None = None,
) -> Row:
    """A row from two callables that measure themselves, taking turns."""
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(turns):
        order = [(ours, mine), (reference, theirs)]
        for measure, times in order if turn % 2 == 0 else reversed(order):
            times.append(measure())
    return row_of(what, mine, theirs, bar)


def row_of(what: str, mine: Sequence[float], theirs: Sequence[float], bar: Bar | None) -> Row:
    pairs = [(b / a if bar and bar.faster else a / b) for a, b in zip(mine, theirs, strict=True)]
    low, _, high = statistics.quantiles(pairs, n=4) if len(pairs) > 1 else pairs * 3
    return Row(
        what,
        statistics.median(mine),
        statistics.median(theirs),
        statistics.median(pairs),
        low,
        high,
        len(pairs),
        bar,
    )


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def require(holds: bool, what: str) -> None:
    """Ends the benchmark where two things that it compares do not do the same."""
    if not holds:
        sys.exit(f"nothing was measured: {what}")


def main(name: str, title: str, measure: Callable[[Report], None]) -> None:
    """Runs a benchmark from the command line."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--quick", action="store_true", help="one turn each, on small work")
    parser.add_argument("--output", type=Path, help="folder of the JSON file (default: results/)")
    chosen = parser.parse_args()
    report = Report(chosen.quick)
    measure(report)
    print(title)
    print(table(report))
    for key, value in report.facts.items():
        print(f"{key}: {_readable(value)}")
    folder = chosen.output or (None if chosen.quick else RESULTS)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_document(name, title, report), indent=2)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def table(report: Report) -> str:
    head = ["what", "archc", "reference", "ratio", "half of the turns", "bar", "met"]
    lines = [head, *(row.cells() for row in report.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _document(name: str, title: str, report: Report) -> dict[str, Any]:
    return {
        "benchmark": name,
        "title": title,
        "quick": report.quick,
        "machine": {
            "cores": os.cpu_count(),
            "threads": 1,
            "system": platform.system(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "versions": {package: _version(package) for package in PACKAGES},
        },
        "rows": [row.to_json() for row in report.rows],
        "facts": report.facts,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_readable(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
