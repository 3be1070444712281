"""Trials and what came of attempts, as rows of tables and back.

Comes in: a trial, or a row. Goes out: the other. A row carries a checksum of all that it says, so
that a byte that flipped on a disk is noticed before anybody believes it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

from .errors import Damaged
from .executor import Report
from .tables import trial as table
from .trial import State, Trial, trace_from, trace_text

# isort: split
from sqlalchemy import Float

ELSEWHERE = ("study", "program", "checksum")
FIELDS = tuple(column.name for column in table.columns if column.name not in ELSEWHERE)
PROPOSED = (
    "number", "identity", "trace", "seed", "fidelity", "sees", "resumes", "replay_of",
)  # fmt: skip
"""What is known when a trial is proposed, and never changes."""
CHANGING = tuple(name for name in FIELDS if name not in PROPOSED)
FLOATS = tuple(name for name in FIELDS if isinstance(table.c[name].type, Float))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _mapping(value: Mapping[str, Any]) -> str:
    return _json(dict(value)) if value else "{}"


def clean(text: str) -> str:
    """The text without what no database takes: zeros and halves of surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


ENCODE: Mapping[str, Callable[[Any], Any]] = {
    "trace": trace_text, "fidelity": _mapping, "scores": _mapping, "cost": _mapping,
    "merits": _json, "state": str, "error": clean,
}  # fmt: skip
DECODE: Mapping[str, Callable[[Any], Any]] = {
    "trace": trace_from, "fidelity": json.loads, "scores": json.loads, "cost": json.loads,
    "merits": lambda text: tuple(json.loads(text)), "state": State,
}  # fmt: skip


def text_key(text: str) -> str:
    """The key of a program's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def trial_values(trial: Trial) -> dict[str, Any]:
    """The row of a trial, all but its study."""
    values = {name: getattr(trial, name) for name in FIELDS}
    for name, encode in ENCODE.items():
        values[name] = encode(values[name])
    for name in FLOATS:
        values[name] = None if values[name] is None else float(values[name])
    program = text_key(trial.text)
    checksum = row_checksum(values, program, trial.parents)
    return values | {"program": program, "checksum": checksum}


def row_checksum(values: Mapping[str, Any], program: str, parents: Sequence[int]) -> int:
    """Of all that a trial's row says; numbers are written as every database gives them back."""
    said = [program, *parents]
    said.extend(values[name] for name in FIELDS)
    return crc32(repr(said).encode())


def trial_from(row: Mapping[str, Any], parents: tuple[int, ...]) -> Trial:
    """The trial of a row that was joined with its program. Raises Damaged."""
    values = {name: row[name] for name in FIELDS}
    checksum = row["checksum"]
    is_whole = checksum is None or checksum == row_checksum(values, row["program"], parents)
    if not is_whole or text_key(row["text"]) != row["program"]:
        raise Damaged(f"trial {row['number']} is not what was written: its checksum is wrong")
    for name, decode in DECODE.items():
        values[name] = decode(values[name])
    del values["merit"]  # a property, kept for those who ask in SQL
    return Trial(text=row["text"], hash=row["hash"], parents=parents, **values)


def reports_checksum(reports: Sequence[Report]) -> int:
    """Of all that an attempt reported."""
    return crc32(repr([tuple(report) for report in reports]).encode())
