"""Draws diagnostics for people, and for the tools people use.

Comes in: reports. Goes out: text as in rustc (`render_text`), or what editors, GitHub and code
scanners read (`render_json`, `render_github`, `render_sarif`). Nothing a program contains can
reach the terminal as a control character, and no line of source is printed longer than fits.
"""

from collections.abc import Iterator, Sequence

from .diagnostic import Label, Report
from .render_cells import ELLIPSIS, safe
from .render_excerpt import GUTTER, Palette, excerpt, stretch
from .render_machine import render_github, render_json, render_sarif
from .span import NOWHERE, Source, Span

__all__ = ["render_github", "render_json", "render_sarif", "render_text"]

WIDTH = 120
COLORS = {"error": "1;31", "warning": "1;33"}
BOLD = "1"
NAME = "1;36"
LONGEST_TRAIL = 8


def render_text(reports: Sequence[Report], color: bool = False, width: int | None = None) -> str:
    """All reports as text for a terminal of `width` columns; empty if there are none."""
    return "\n".join("\n".join(_report(report, color, width or WIDTH)) + "\n" for report in reports)


def _report(report: Report, color: bool, width: int) -> Iterator[str]:
    diagnostic = report.diagnostic
    palette = Palette(color, COLORS.get(diagnostic.severity, COLORS["warning"]))
    head = palette.paint(f"{diagnostic.severity}[{safe(report.code)}]", palette.primary)
    yield head + palette.paint(f": {safe(diagnostic.message())}", BOLD)
    labels = list(diagnostic.labels())
    gutter = max((_digits(label.span) for label in labels), default=1)
    edge = " " * gutter + palette.paint(" |", GUTTER)
    sources = _by_source(labels)
    for index, (source, here) in enumerate(sources.items()):
        arrow = palette.paint(" " * gutter + ("-->" if index == 0 else ":::"), GUTTER)
        yield f"{arrow} {_place(_main(here).span)}"
        if not source.text:
            continue
        yield edge
        yield from excerpt(source, here, gutter, max(width - gutter - 3, 40), palette)
    endings = [*_endings(report)]
    if endings and any(source.text for source in sources):
        yield edge
    for name, text in endings:
        yield from _ending(" " * gutter, name, text, palette)


def _by_source(labels: Sequence[Label]) -> dict[Source, list[Label]]:
    """The labels of each source, the source of the first primary label first."""
    found: dict[Source, list[Label]] = {}
    if labels:
        found[_main(labels).span.source] = []
    for label in labels:
        found.setdefault(label.span.source, []).append(label)
    return found


def _main(labels: Sequence[Label]) -> Label:
    return next((label for label in labels if not label.secondary), labels[0])


def _digits(span: Span) -> int:
    return len(str(span.source.position(stretch(span)[1])[0]))


def _place(span: Span) -> str:
    if span.source is NOWHERE.source:
        return span.source.name
    line, column = span.source.position(stretch(span)[0])
    return f"{safe(span.source.name)}:{line}:{column}"


def _endings(report: Report) -> Iterator[tuple[str, str]]:
    """What stands under the excerpt: reasons, advice, and how the program came here."""
    for note in report.diagnostic.notes():
        yield "note", note
    for help_text in report.diagnostic.help():
        yield "help", help_text
    steps = [_step(step.text, step.span) for step in reversed(report.trail)]
    if len(steps) > LONGEST_TRAIL:
        half = LONGEST_TRAIL // 2
        left_out = f"{ELLIPSIS} and {len(steps) - 2 * half} more"
        steps = [*steps[:half], left_out, *steps[-half:]]
    for step in steps:
        yield "", step


def _step(text: str, span: Span) -> str:
    """`in block Residual, used here` becomes `in block Residual, used at net.arch:12:5`."""
    start = text.removesuffix(" here") if text.endswith(" here") else f"{text}, used"
    return f"{start} at {_place(span)}"


def _ending(indent: str, name: str, text: str, palette: Palette) -> Iterator[str]:
    sign = palette.paint("=", GUTTER)
    title = palette.paint(f"{name}:", NAME) + " " if name else ""
    first, *others = text.split("\n")
    yield f"{indent} {sign} {title}{safe(first)}"
    under = " " * (len(indent) + 3 + (len(name) + 2 if name else 0))
    for line in others:
        yield f"{under}{safe(line)}".rstrip()
