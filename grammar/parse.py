"""Text to syntax tree.

Comes in: the text of a program, or the path of one. Goes out: `Parsed`, a tree and reports. Bad
text never raises: what does not parse becomes a `Broken` node with a report, and the rest of the
program stands.
"""

import os
from typing import TYPE_CHECKING

from ..lazy import lazy_module
from . import ast, errors
from .brackets import match
from .collector import collection_paused
from .diagnostic import Fault, Report
from .limits import MAX_FILE, check_depth, check_tokens
from .newlines import split
from .record import record
from .span import Source, Span
from .tables import SyntaxFault, parse_tokens
from .tokens import Token, scan

if TYPE_CHECKING:
    from . import recover as recovery
else:
    recovery = lazy_module(".recover", __package__)


@record
class Parsed:
    """A program and what is wrong with its text, in source order."""

    program: ast.Program
    reports: tuple[Report, ...]


@record
class ParsedExpression:
    """An expression, or what is wrong with its text."""

    expression: ast.Expression | None
    reports: tuple[Report, ...]


def parse(text: str, filename: str = "<memory>") -> Parsed:
    """The program that a text means. Never raises for what the text holds."""
    source = Source(filename, text)
    start = Span(source, 0, 0)
    if len(text) > MAX_FILE:
        return _refused(source, Report(errors.FileTooLarge(start, MAX_FILE)))
    zero = text.find("\0")
    if zero >= 0:
        span = Span(source, zero, zero + 1)
        return _refused(source, Report(errors.NotText(span, "it holds a zero byte")))
    with collection_paused():
        return _parsed(source)


def _parsed(source: Source) -> Parsed:
    scanned = scan(source)
    tokens, reports = match(scanned.tokens)
    declarations = []
    outside = False
    for chunk in split(tokens):
        declaration, found = _declaration(chunk)
        declarations.append(declaration)
        nameless = any(_stands_outside(report, named=False) for report in found)
        if not (outside and all(_stands_outside(report) for report in found)):
            reports.extend(found)
        outside = nameless or (outside and isinstance(declaration, ast.Broken))
    whole = Span(source, 0, len(source.text))
    program = ast.Program(tuple(declarations), scanned.comments, span=whole)
    return Parsed(program, tuple(sorted(reports, key=lambda report: report.place().start)))


def _stands_outside(report: Report, named: bool = True) -> bool:
    """Whether a statement stands outside a body. Of several in a row one report is enough."""
    diagnostic = report.diagnostic
    if not isinstance(diagnostic, errors.NotADeclaration):
        return False
    return named or diagnostic.name is None


def parse_expression(text: str, filename: str = "<expression>") -> ParsedExpression:
    """The expression that a text means, such as the value of `--set`. Never raises."""
    source = Source(filename, text)
    tokens, reports = match(scan(source).tokens)
    start = Token("ASSIGN", "=", Span(source, 0, 0))  # an expression stands here, no declaration
    chunk, *rest = split([start, *tokens])
    reports += [
        Report(errors.Unexpected(part[0].span, f"`{part[0].text}`", "the end of the expression"))
        for part in rest
    ]
    problem, may_be_deep = check_tokens(chunk)
    node = None if problem else recovery.parse_alone(chunk[1:], source, reports)
    if may_be_deep and node is not None:
        problem = check_depth(node)
    if problem is not None:
        reports.append(Report(problem))
    return ParsedExpression(None if reports else node, tuple(reports))


def parse_file(path: str | os.PathLike[str]) -> Parsed:
    """As `parse`, for a file in UTF-8. Raises OSError if it cannot be read."""
    with open(path, "rb") as file:
        return parse_bytes(file.read(MAX_FILE + 1), str(path))


def parse_bytes(data: bytes, filename: str = "<memory>") -> Parsed:
    """As `parse`, for the bytes of a file, which should be UTF-8 and not too many."""
    if len(data) > MAX_FILE:
        source = Source(filename, "")
        return _refused(source, Report(errors.FileTooLarge(Span(source, 0, 0), MAX_FILE)))
    try:
        return parse(data.decode("utf-8"), filename)
    except UnicodeDecodeError as error:
        return _undecodable(filename, data, error)


def _undecodable(name: str, data: bytes, error: UnicodeDecodeError) -> Parsed:
    """Points at the first byte that is no UTF-8, in the text with such bytes replaced."""
    source = Source(name, data.decode("utf-8", errors="replace"))
    start = len(data[: error.start].decode("utf-8"))
    reason = f"byte {error.start} is 0x{data[error.start]:02x}"
    return _refused(source, Report(errors.NotText(Span(source, start, start + 1), reason)))


def _refused(source: Source, report: Report) -> Parsed:
    return Parsed(ast.Program((), span=Span(source, 0, len(source.text))), (report,))


def _declaration(chunk: list[Token]) -> tuple[ast.Declaration, list[Report]]:
    problem, may_be_deep = check_tokens(chunk)
    if problem is not None:
        return recovery.broken(chunk), [Report(problem)]
    reports: list[Report] = []
    try:
        node = parse_tokens(chunk, "declaration")
    except (SyntaxFault, Fault):
        node = recovery.recover(chunk, reports)
    if may_be_deep:
        problem = check_depth(node)
    if problem is not None:
        return recovery.broken(chunk), [*reports, Report(problem)]
    return node, reports
