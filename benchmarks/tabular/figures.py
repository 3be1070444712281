"""Writes the figures in this folder's README.md from the files beside it.

Comes in: digits2k.json, which `archc bench table` wrote, and the comparisons that `archc bench
methods` wrote. Goes out: the text between the marks of each.
"""

import json
import re
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
    """A comparison, the method with the smallest area first."""
    tests = {(item["method"], item["against"], item["what"]): item for item in document["tests"]}
    head = (
        "method", "trainings begun", "area", "reached the top 1 %", "epochs to it, median",
        "area against random", "epochs against random", "area against its control",
    )  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for item in sorted(document["methods"], key=lambda item: item["area"][0]):
        mean, low, high = item["area"]
        name = item["method"]
        cells = (
            f"`{name}`",
            f"{item['trainings']:.0f}",
            f"{mean:.4f} ({low:.4f} to {high:.4f})",
            f"{item['reached']} of {document['seeds']}",
            "{} ({} to {})".format(*map(_epochs, item["epochs_to_top"])),
            _verdict(tests.get((name, "random", "area"))),
            _verdict(tests.get((name, "random", "reach"))),
            _verdict(tests.get((name, "its control", "area"))),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _epochs(value: float | None) -> str:
    return "more" if value is None else f"{value:,.0f}"


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
