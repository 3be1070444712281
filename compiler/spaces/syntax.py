"""Pieces of syntax that stand nowhere: copies without a place, and values as literals."""

from dataclasses import fields
from functools import cache
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..hyperparameter import spell

PLACES = ("span", "name_span")


class NotPrintable(ValueError):
    """A drawn program uses one recipe in ways that no single text says; its message tells which."""


def bare(node: Any, **changes: Any) -> Any:
    """A copy of a node, and of all below it, that stands nowhere: the printer lays it out anew."""
    if changes:
        return _copied(node, changes)
    if node.span is NOWHERE:
        return node
    found = _copies.get(id(node))
    if found is None:
        if len(_copies) >= MOST_COPIES:
            _copies.clear()
        found = _copies[id(node)] = node, _copied(node, {})
    return found[1]


MOST_COPIES = 50_000
_copies: dict[int, tuple[Any, Any]] = {}
"""Copies of nodes by identity, which an entry keeps alive: the same text is written for every
program of a space."""


def _copied(node: Any, changes: dict[str, Any]) -> Any:
    kind: Any = type(node)
    for name in field_names(kind):
        if name in PLACES:
            changes.setdefault(name, NOWHERE)
        elif name not in changes:  # what is replaced need not be copied
            changes[name] = _bare(getattr(node, name))
    return kind(**changes)


@cache
def field_names(kind: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _bare(value: Any) -> Any:
    if isinstance(value, ast.Node):
        return bare(value)
    return tuple(_bare(item) for item in value) if isinstance(value, tuple) else value


def literal(value: Any) -> Any:
    """A value as an expression. Raises NotPrintable for a stage."""
    match value:
        case bool():
            return ast.Bool(value, span=NOWHERE)
        case int() | float():
            number = value if isinstance(value, int) else float(value)
            sign = number < 0
            node = ast.Number(abs(number), repr(abs(number)), span=NOWHERE)
            return ast.Unary("-", node, span=NOWHERE) if sign else node
        case str():
            return ast.String(value, span=NOWHERE)
        case tuple() | list():
            return ast.List(tuple(literal(item) for item in value), span=NOWHERE)
        case _ if spell(value).isidentifier():
            return ast.Name(spell(value), span=NOWHERE)
        case _:
            raise NotPrintable(f"{value} has no literal form")
