"""A comparison as people and programs read it.

Comes in: an outcome. Goes out: a table of text, Markdown, plain data for JSON, a picture.
"""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from ...lazy import lazy_module
from . import statistics
from .comparing import Comparing
from .outcome import AREA, CLOCK, REACH, Outcome, Result
from .table import Table

pyplot = lazy_module("matplotlib.pyplot")
matplotlib = lazy_module("matplotlib")

CLEAR = 0.05
"""The corrected p-value below which methods count as different."""
HEAD = (
    "method", "trainings", "area", "regret at the end", "reached", "epochs to the top 1 %",
    "against {} (area, reach)", "against its control (area, reach)", "seconds to propose",
)  # fmt: skip


def cells(found: Outcome, baseline: str, workers: int = 1) -> list[list[str]]:
    """The table, its head first; the method with the smallest area on top."""
    head = [text.format(baseline) for text in HEAD]
    ordered = sorted(found.results.values(), key=lambda result: float(result.area.mean()))
    rows = [head, *(_row(found, result, baseline) for result in ordered)]
    if workers == 1:
        return rows
    times = [_times(found, result, baseline, workers) for result in ordered]
    clock = ["seconds to the top 1 %", f"times against {baseline}", "workers busy"]
    return [[*row, *more] for row, more in zip(rows, [clock, *times], strict=True)]


def _times(found: Outcome, result: Result, baseline: str, workers: int) -> list[str]:
    median, least, most = statistics.median_interval(result.times)
    tests = {(test.what, test.method, test.against): test for test in found.tests}
    test = tests.get((CLOCK, result.method, baseline))
    return [
        f"{_seconds(median)} ({_seconds(least)} to {_seconds(most)})",
        _verdict(test.p, test.better) if test else "",
        f"{busy(result, workers):.0%}",
    ]


def _seconds(value: float) -> str:
    return f"{value:.3g}" if isfinite(value) else "more"


def _row(found: Outcome, result: Result, baseline: str) -> list[str]:
    mean, low, high = statistics.mean_interval(result.area)
    end = statistics.mean_interval(result.curves[:, -1])
    median, least, most = statistics.median_interval(result.reach)
    share = sum(map(isfinite, result.reach)) / len(result.reach)
    return [
        result.method,
        f"{result.trainings:.0f}",
        f"{mean:.4f} ({low:.4f} to {high:.4f})",
        f"{end[0]:.4f} ({end[1]:.4f} to {end[2]:.4f})",
        f"{share:.0%}",
        f"{_epochs(median)} ({_epochs(least)} to {_epochs(most)})",
        _against(found, result.method, baseline),
        _against(found, result.method, "its control"),
        f"{result.cost:.2f}",
    ]


def _epochs(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else "more"


def _against(found: Outcome, method: str, other: str) -> str:
    """`better (p 0.001), same (p 0.4)`."""
    tests = {test.what: test for test in found.tests if (test.method, test.against) ==
             (method, other)}  # fmt: skip
    return ", ".join(_verdict(tests[what].p, tests[what].better) for what in (AREA, REACH)
                     if what in tests)  # fmt: skip


def _verdict(p: float, better: bool) -> str:
    word = "same" if p >= CLEAR else "better" if better else "worse"
    return f"{word} (p {p:.2g})"


def text(found: Outcome, baseline: str, workers: int = 1) -> str:
    """The table in columns."""
    rows = cells(found, baseline, workers)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def to_json(
    found: Outcome, table: Table, name: str, comparing: Comparing, points: int = 100
) -> dict[str, Any]:
    """Everything, with the curves at up to so many points."""
    return {
        "table": name,
        "table_sha256": table.checksum,
        "programs": len(table),
        "budget_epochs": comparing.budget,
        "epochs_of_a_training": table.epochs,
        "seeds": comparing.seeds,
        "first_seed": comparing.first,
        "lag": comparing.lag,
        "workers": comparing.workers,
        "methods": [
            {**_data(result, table.epochs, points), **_clocked(result, comparing.workers)}
            for result in found.results.values()
        ],
        "controls": [_data(result, table.epochs, points) for result in found.controls.values()],
        "tests": [
            {
                "what": test.what, "method": test.method, "against": test.against,
                "p": _short(test.raw), "p_holm": _short(test.p), "better": test.better,
                "times_less": test.ratio and [_short(value) for value in test.ratio],
            }
            for test in found.tests
        ],
    }  # fmt: skip


def _data(result: Result, epochs: int, points: int) -> dict[str, Any]:
    means, lows, highs = statistics.mean_interval(result.curves)
    places = range(0, len(means), max(1, -(-len(means) // points)))
    return {
        "method": result.method,
        "trainings": round(result.trainings, 1),
        "area": [_short(float(value)) for value in statistics.mean_interval(result.area)],
        "reached": sum(map(isfinite, result.reach)),
        "epochs_to_top": [_short(value) for value in statistics.median_interval(result.reach)],
        "all_epochs_to_top": [_short(value) for value in result.reach],
        "simulated_seconds": _short(result.seconds),
        "seconds_to_propose": _short(result.cost),
        "curve": [
            [(place + 1) * epochs, *(_short(float(line[place])) for line in (means, lows, highs))]
            for place in places
        ],
    }


def _clocked(result: Result, workers: int) -> dict[str, Any]:
    """What several workers are about: when the best was reached, and how busy they were."""
    if workers == 1:
        return {}
    return {
        "seconds_to_top": [_short(value) for value in statistics.median_interval(result.times)],
        "simulated_clock": _short(result.clock),
        "busy": _short(busy(result, workers)),
    }


def busy(result: Result, workers: int) -> float:
    """The share of the workers' time that trainings took, until the last was over."""
    return result.seconds / (workers * result.clock) if result.clock else 0.0


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if isfinite(value) else None


def draw(found: Outcome, table: Table, path: Path, title: str) -> None:
    """The best-so-far curves with their intervals, controls dotted, as a picture."""
    matplotlib.use("Agg")
    figure, axes = pyplot.subplots(figsize=(9, 6))
    for result in found.results.values():
        means, lows, highs = statistics.mean_interval(result.curves)
        trained = range(1, len(means) + 1)
        (line,) = axes.plot(trained, means, label=result.method)
        axes.fill_between(trained, lows, highs, alpha=0.15, color=line.get_color())
        if result.method in found.controls:
            control = found.controls[result.method].curves.mean(axis=0)
            axes.plot(trained, control, linestyle=":", linewidth=0.8, color=line.get_color())
    axes.set(
        xlabel=f"budget, in trainings of {table.epochs} epochs",
        ylabel="validation loss of the best so far, above the lowest",
        yscale="log",
        title=title,
    )
    legend = "dotted: shuffled rewards" if found.controls else None
    axes.legend(title=legend, fontsize="small")
    figure.savefig(path, dpi=110, bbox_inches="tight")
    pyplot.close(figure)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The same table as a README holds it."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
