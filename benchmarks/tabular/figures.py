"""Writes the figures in this folder's README.md from the files beside it.

Comes in: digits2k.json, which `archc bench table` wrote, and the comparisons that `archc bench
methods` wrote. Goes out: the text between the marks of each.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def made(document: dict[str, Any]) -> str:
    """What the table is."""
    kept = ("programs", "seeds", "epochs", "rank correlation between seeds",
            "rank correlation of an epoch with the quality", "quality at quantiles", "diverged",
            "seconds", "sha256")  # fmt: skip
    lines = [f"| {name} | {_text(document[name])} |" for name in kept]
    versions = document["made_on"]["versions"]
    built = ", ".join(f"{name} {versions[name]}" for name in ("torch", "numpy", "scikit-learn"))
    return "\n".join(["| | |", "|---|---|", *lines, f"| made with | {built} |"])


def compared(document: dict[str, Any]) -> str:
    """A comparison, the method with the smallest area first: what each came to, and how many times
    fewer epochs to the best it needs than each rival.
    """
    parts = [_methods(document), _rivals(document, "reach")]
    if document["workers"] > 1:
        parts = [_clock(document), _rivals(document, "clock")]
    return "\n\n".join(parts)


def _ordered(document: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(document["methods"], key=lambda item: item["area"][0])


def _tests(document: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(item["method"], item["against"], item["what"]): item for item in document["tests"]}


def _methods(document: dict[str, Any]) -> str:
    tests = _tests(document)
    head = (
        "method", "trainings begun", "area", "reached the top 1 %", "epochs to it, median",
        "area against random", "area against its control", "seconds to propose",
    )  # fmt: skip
    rows = []
    for item in _ordered(document):
        mean, low, high = item["area"]
        name = item["method"]
        rows.append((
            f"`{name}`",
            f"{item['trainings']:.0f}",
            f"{mean:.4f} ({low:.4f} to {high:.4f})",
            f"{item['reached']} of {document['seeds']}",
            _interval(item["epochs_to_top"], ",.0f"),
            _verdict(tests.get((name, "random", "area"))),
            _verdict(tests.get((name, "its control", "area"))),
            f"{item['seconds_to_propose']:.2g}",
        ))  # fmt: skip
    return _table(head, rows)


def _clock(document: dict[str, Any]) -> str:
    head = (
        "method", "reached the top 1 %", "seconds to it, median", "epochs to it, median",
        "workers busy", "seconds in all",
    )  # fmt: skip
    rows = [
        (
            f"`{item['method']}`",
            f"{item['reached']} of {document['seeds']}",
            _interval(item["seconds_to_top"], ".2f"),
            _interval(item["epochs_to_top"], ",.0f"),
            f"{item['busy']:.0%}",
            f"{item['simulated_clock']:.2f}",
        )
        for item in sorted(document["methods"], key=lambda item: item["seconds_to_top"][0] or 1e9)
    ]
    return _table(head, rows)


def _rivals(document: dict[str, Any], what: str) -> str:
    """How many times less each method needs in the median than each rival, and whether the two
    differ at all.
    """
    tests = _tests(document)
    rivals = tuple(dict.fromkeys(
        item["against"] for item in document["tests"] if item["against"] != "its control"
    ))  # fmt: skip
    unit = {"reach": "compute", "clock": "time"}[what]
    head = (f"{unit} to the top 1 %, times less", *(f"than `{name}`" for name in rivals))
    rows = []
    for item in _ordered(document):
        name = item["method"]
        found = (tests.get((name, rival, what)) for rival in rivals)
        reached = item["epochs_to_top"][0] is not None
        rows.append((f"`{name}`", *(_ratio(test, reached) for test in found)))
    return _table(head, rows)


def _ratio(test: dict[str, Any] | None, reached: bool) -> str:
    if test is None:
        return ""
    p = f"p {test['p_holm']:.2g}"
    return f"{_interval(test['times_less'], '.2g')}, {p}" if reached else p


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def _interval(values: Sequence[float | None], form: str) -> str:
    return "{} ({} to {})".format(*(_number(value, form) for value in values))


def _number(value: float | None, form: str) -> str:
    return "more" if value is None else f"{value:{form}}"


def _verdict(test: dict[str, Any] | None) -> str:
    if test is None:
        return ""
    p = test["p_holm"]
    word = "same" if p >= 0.05 else "better" if test["better"] else "worse"
    return f"{word} (p {p:.2g})"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def updated(text: str) -> str:
    """The README with its figures made anew."""
    for path in sorted(FOLDER.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        new = compared(document) if "methods" in document else made(document)
        mark = f"<!-- {path.name} -->"
        pattern = f"{re.escape(mark)}\n.*?<!-- end -->"
        block = f"{mark}\n\n{new}\n\n<!-- end -->"
        text = re.sub(pattern, lambda _, block=block: block, text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    readme = FOLDER / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8")), encoding="utf-8")
