"""Writes the table of figures in README.md from the files in results/.

Comes in: what the benchmarks measured last. Goes out: the text between the two marks, one line for
each comparison.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
BEGIN, END = "<!-- figures: benchmarks/summary.py -->\n", "<!-- end of figures -->\n"


def figures() -> str:
    """The table in Markdown, and the machine that it is from."""
    documents = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((FOLDER / "results").glob("*.json"))
    ]
    lines = ["| benchmark | what | archc | reference | ratio | half of the turns | bar | met |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for document in documents:
        lines += [_line(document["benchmark"], row) for row in document["rows"]]
    machines = sorted({_machine(document["machine"]) for document in documents})
    return "\n".join([*lines, "", *(f"Measured on {machine}." for machine in machines), ""])


def _line(name: str, row: dict[str, Any]) -> str:
    low, high = row["quartiles"]
    met = {True: "yes", False: "**no**", None: ""}[row["met"]]
    times = f"{_time(row['ours_seconds'])} | {_time(row['reference_seconds'])}"
    ratio = f"{row['ratio']:.3g} | {low:.3g} to {high:.3g}"
    return f"| {name} | {row['what']} | {times} | {ratio} | {row['bar'] or ''} | {met} |"


def _machine(facts: dict[str, Any]) -> str:
    where = f"{facts['cores']} cores, {facts['system']} {facts['architecture']}"
    return f"{where}, Python {facts['python']}, PyTorch {facts['versions']['torch']}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def updated(text: str) -> str:
    """The README with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{figures()}\n{END}{after}"


if __name__ == "__main__":
    readme = FOLDER / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8")), encoding="utf-8")
