"""Diagnostics for programs: JSON, GitHub's workflow commands, SARIF.

Comes in: reports. Goes out: text in the format asked for. Lines and columns count from 1, in
characters; an end is the place after the last character.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .diagnostic import Label, Report
from .render_cells import safe
from .render_excerpt import stretch
from .span import NOWHERE, Span

SCHEMA_VERSION = 1
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


@dataclass(frozen=True, slots=True)
class Place:
    """A span as people and tools count: lines and columns from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def place_of(span: Span) -> Place:
    """The lines and columns of a span."""
    start, end = stretch(span)
    return Place(span.source.name, *span.source.position(start), *span.source.position(end))


def render_json(reports: Sequence[Report], networks: Sequence[Mapping[str, object]] = ()) -> str:
    """What `archc check --format json` prints; `networks` are its objects of `name` and `size`."""
    found = {
        "schema_version": SCHEMA_VERSION,
        "diagnostics": [_diagnostic(report) for report in reports],
        "networks": [dict(network) for network in networks],
    }
    return json.dumps(found, indent=2, allow_nan=False) + "\n"


def _diagnostic(report: Report) -> dict[str, object]:
    diagnostic = report.diagnostic
    labels = list(diagnostic.labels())
    return {
        "code": report.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message(),
        **_keys(_main_span(labels)),
        "help": "\n".join(diagnostic.help()),
        "notes": list(diagnostic.notes()),
        "labels": [
            {**_keys(label.span), "text": label.text, "secondary": label.secondary}
            for label in labels
        ],
        "trail": [{**_keys(step.span), "text": step.text} for step in report.trail],
    }


def _keys(span: Span) -> dict[str, object]:
    place = place_of(span)
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _main_span(labels: Sequence[Label]) -> Span:
    """The first primary label, else the first of all."""
    spans = [label.span for label in labels if not label.secondary] or [
        label.span for label in labels
    ]
    return spans[0] if spans else NOWHERE


def _whole_message(report: Report) -> str:
    """The message with the reasons and the advice, for formats that have no place for those."""
    diagnostic = report.diagnostic
    notes = [f"note: {note}" for note in diagnostic.notes()]
    advice = [f"help: {text}" for text in diagnostic.help()]
    lines = "\n".join([diagnostic.message(), *notes, *advice]).split("\n")
    return "\n".join(safe(line) for line in lines)


def render_github(reports: Sequence[Report]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "".join(_command(report) + "\n" for report in reports)


def _command(report: Report) -> str:
    place = place_of(_main_span(list(report.diagnostic.labels())))
    properties: dict[str, object] = {
        "file": place.file,
        "line": place.line,
        "endLine": place.end_line,
        "title": f"{report.code}: {report.diagnostic.title}",
    }
    if place.line == place.end_line:  # GitHub refuses columns over several lines
        properties |= {"col": place.column, "endColumn": max(place.end_column, place.column + 1)}
    kind = "error" if report.is_error else "warning"
    written = ",".join(f"{key}={_property(safe(str(value)))}" for key, value in properties.items())
    return f"::{kind} {written}::{_data(_whole_message(report))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_sarif(reports: Sequence[Report], version: str = "") -> str:
    """One run in SARIF 2.1.0; `version` is the compiler's."""
    kinds = {report.code: type(report.diagnostic) for report in reports}
    codes = sorted(kinds)
    driver: dict[str, object] = {"name": "archc", "rules": [_rule(kinds[code]) for code in codes]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, codes.index(report.code)) for report in reports],
    }
    whole = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def _rule(kind: Any) -> dict[str, object]:
    return {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.explanation},
        "help": {"text": kind.explanation},
        "defaultConfiguration": {"level": _level(kind.severity)},
    }


def _result(report: Report, index: int) -> dict[str, object]:
    labels = list(report.diagnostic.labels())
    main = _main_span(labels)
    related = [(label.span, label.text) for label in labels if label.span != main]
    related += [(step.span, step.text) for step in report.trail]
    result: dict[str, object] = {
        "ruleId": report.code,
        "ruleIndex": index,
        "level": _level(report.diagnostic.severity),
        "message": {"text": _whole_message(report)},
        "locations": [_location(main)],
    }
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(span), "message": {"text": text or "see here"}}
            for number, (span, text) in enumerate(related, start=1)
        ]
    return result


def _level(severity: str) -> str:
    return severity if severity in ("error", "warning") else "note"


def _location(span: Span) -> dict[str, object]:
    place = place_of(span)
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _uri(path: str) -> str:
    """A path as a relative reference; backslashes are Windows's separators."""
    raw = path.replace("\\", "/").encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in raw)
