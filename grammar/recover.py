"""A declaration that does not parse: its statements one by one, so that a broken one does not hide
the next.

Comes in: the tokens of the declaration. Goes out: a node in which broken statements are `Broken`,
and a report for each. Every body in braces is parsed on its own, from the inside out, and stands in
the statement around it as one BODY token.
"""

from itertools import pairwise
from typing import Any

from . import ast
from .diagnostic import Diagnostic, Fault, Report
from .errors import NotADeclaration, UnclosedBracket, Unexpected
from .mistakes import explain, python_habit
from .newlines import CLOSING, OPENING
from .span import Source, Span
from .tables import SyntaxFault, parse_tokens
from .tokens import BAD, DECLARATION_WORDS, NEWLINE, Token

_ENTRY = {"TRAIN": "setting", "SEARCH": "setting", "VOCABULARY": "entry"}
_HEADS = {word.upper() for word in DECLARATION_WORDS} | {"LET"}
_NAMES_SECOND = {"LET", "LAYER", "NEXT", "BLOCK", "NETWORK", "CELL", "VOCABULARY"}
_LONGEST_TARGET = 64


def recover(tokens: list[Token], reports: list[Report]) -> ast.Declaration:
    """The declaration as far as it can be understood; adds to the reports."""
    kind = tokens[0].type
    reduced = _with_bodies(tokens, _ENTRY.get(kind, "statement"), reports)
    if kind not in _HEADS:
        reports.append(Report(_not_a_declaration(reduced)))
        return broken(tokens)
    node: ast.Declaration = _parse(reduced, "declaration", reports) or broken(tokens)
    return node


def parse_alone(
    tokens: list[Token], source: Source, reports: list[Report]
) -> ast.Expression | None:
    """An expression that is a whole text; None, and a report, if it is none."""
    if not tokens:
        reports.append(Report(Unexpected(Span(source, 0, 0), "nothing", "an expression")))
        return None
    node: ast.Expression | None = _parse(tokens, "expression", reports)
    return node


def broken(tokens: list[Token]) -> ast.Broken:
    """What stands in the place of tokens that did not parse."""
    return ast.Broken(_bound_names(tokens), span=_extent(tokens))


def _parse(tokens: list[Token], start: str, reports: list[Report]) -> Any:
    """The node; None, and a report, if there is none."""
    bad = [token for token in tokens if token.type == BAD]
    problem = min(bad, key=_is_unclosed).problem if bad else None  # a bad word may hide a bracket
    if problem is None:
        try:
            return parse_tokens(tokens, start)
        except Fault as fault:
            problem = fault.diagnostic
        except SyntaxFault as fault:
            problem = explain(tokens, fault.token, fault.expected, start)
    reports.append(Report(problem))
    return None


def _with_bodies(tokens: list[Token], entry: str, reports: list[Report]) -> list[Token]:
    """The tokens with a BODY in the place of every pair of braces. `entry` is what stands in the
    outermost pairs.
    """
    levels: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == "LEFT_BRACE":
            levels.append([])
        levels[-1].append(token)
        if token.type == "RIGHT_BRACE":
            inner = levels.pop()
            start = entry if len(levels) == 1 else "statement"
            levels[-1].append(_body(inner, start, reports))
    return levels[0]


def _body(tokens: list[Token], start: str, reports: list[Report]) -> Token:
    """A BODY token for braces whose inner braces are BODY tokens already."""
    items = [_parse(part, start, reports) or broken(part) for part in _parts(tokens[1:-1], reports)]
    span = _extent(tokens)
    return Token("BODY", span.text, span, tuple(items))


def _parts(tokens: list[Token], reports: list[Report]) -> list[list[Token]]:
    """What stands between separators outside all brackets. Two separators in a row are reported."""
    parts: list[list[Token]] = []
    part: list[Token] = []
    depth = 0
    unclosed = False  # then a comma is most likely one between arguments
    for token in tokens:
        depth += (token.type in OPENING) - (token.type in CLOSING)
        unclosed = token.type != NEWLINE and (unclosed or _is_unclosed(token))
        if depth or token.type not in (NEWLINE, "COMMA") or unclosed:
            part.append(token)
        elif part:
            parts.append(part)
            part = []
        else:
            reports.append(Report(Unexpected(token.span, f"`{token.text}`", "a statement")))
    return [*parts, part] if part else parts


def _is_unclosed(token: Token) -> bool:
    return isinstance(token.problem, UnclosedBracket)


def _not_a_declaration(tokens: list[Token]) -> Diagnostic:
    """Why these tokens, which do not begin like one, are no declaration."""
    if tokens[0].type == BAD and tokens[0].problem is not None:
        return tokens[0].problem
    habit = python_habit(tokens[0])
    if habit is not None:
        return habit
    bound = len(tokens) > 1 and tokens[0].type == "NAME" and tokens[1].type == "ASSIGN"
    return NotADeclaration(tokens[0].span, tokens[0].text if bound else None)


def _bound_names(tokens: list[Token]) -> tuple[str, ...]:
    """The names that a statement or declaration would have bound."""
    first = tokens[0]
    if first.type == "USE":
        return _used_names(tokens)
    if first.type in _NAMES_SECOND or first.text in DECLARATION_WORDS:
        return tuple(token.text for token in tokens[1:2] if token.type == "NAME")
    return _targets(tokens) + _second_target(tokens)


def _targets(tokens: list[Token]) -> tuple[str, ...]:
    """The names before a first `=`."""
    head: list[str] = []
    for token in tokens[:_LONGEST_TARGET]:
        if token.type == "ASSIGN":
            return tuple(head)
        if token.type == "NAME":
            head.append(token.text)
        elif token.type not in ("LEFT_PARENTHESIS", "COMMA", "RIGHT_PARENTHESIS"):
            break
    return ()


def _second_target(tokens: list[Token]) -> tuple[str, ...]:
    """The name on a next line that a dangling operator has joined to this statement."""
    depth = 0
    for before, token in pairwise(tokens):
        depth += (before.type in OPENING) - (before.type in CLOSING)
        if token.type == "ASSIGN" and not depth and before is not tokens[0]:
            return (before.text,) if before.type == "NAME" else ()
    return ()


def _used_names(tokens: list[Token]) -> tuple[str, ...]:
    names = [token.text for token in tokens if token.type == "NAME"]
    types = [token.type for token in tokens]
    if "LABEL" in types:
        after = tokens[types.index("LABEL") :]
        return tuple(token.text for token in after if token.type == "NAME")
    if "AS" in types:
        alias = tokens[types.index("AS") + 1 :][:1]
        return tuple(token.text for token in alias if token.type == "NAME")
    return tuple(names[-1:])


def _extent(tokens: list[Token]) -> Span:
    return tokens[0].span.to(tokens[-1].span)
