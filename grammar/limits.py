"""How large and how deep a declaration may be: settled before it is parsed, in one walk over its
tokens.

Comes in: the tokens of a declaration, or a node. Goes out: what is too large, if anything. With
these limits a pass that takes 20 Python frames for each level of a tree stays under 10,000 frames.
"""

from dataclasses import dataclass

from . import ast, errors
from .brackets import MAX_NESTING
from .diagnostic import Diagnostic
from .newlines import CLOSING, OPENING
from .tokens import NEWLINE, Token

MAX_FILE = 32 * 1024 * 1024
MAX_STATEMENT = 64_000
MAX_DEPTH = 400
_DEEPENS = {
    "PLUS", "MINUS", "TIMES", "DIVIDE", "FLOOR_DIVIDE", "MODULO", "POWER", "NOT", "AND", "OR",
    "DOT", "QUESTION", "ELSE", *OPENING,
}  # fmt: skip
_SEPARATES = {NEWLINE, "COMMA"}


@dataclass(slots=True)
class _Level:
    """What has been seen between two brackets since the last separator."""

    kind: str
    first: Token
    size: int = 0
    operators: int = 0


def check_tokens(tokens: list[Token]) -> tuple[Diagnostic | None, bool]:
    """What is too large in a declaration, and whether its tree might be too deep: then
    `check_depth` tells.
    """
    level, outer = _Level("", tokens[0]), list[_Level]()
    above, deep = 0, False
    for token in tokens:
        kind = token.type
        level.size += len(token.text)
        if level.size > MAX_STATEMENT:
            return errors.StatementTooLarge(level.first.span, MAX_STATEMENT), deep
        if kind in _DEEPENS:
            level.operators += 1
            deep = deep or above + level.operators >= MAX_DEPTH
        if kind in OPENING:
            if len(outer) == MAX_NESTING:
                return errors.NestedTooDeep(token.span, MAX_NESTING), deep
            above += level.operators
            outer.append(level)
            level = _Level(kind, token)
        elif kind in CLOSING:
            inner, level = level, outer.pop()
            above -= level.operators
            level.size += 0 if kind == "RIGHT_BRACE" else inner.size
        elif kind in _SEPARATES:
            _separate(level, token)
    return None, deep


def _separate(level: _Level, token: Token) -> None:
    level.operators = 0
    if level.kind == "LEFT_BRACE":
        level.first, level.size = token, 0


def check_depth(root: ast.Node) -> Diagnostic | None:
    """An error if expressions are nested deeper than MAX_DEPTH. Needs no recursion."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        depth += isinstance(node, ast.Expression)
        if depth > MAX_DEPTH:
            return errors.ExpressionTooDeep(node.span, MAX_DEPTH)
        waiting.extend((child, depth) for child in ast.children(node))
    return None
