"""Choices and ranges of numbers and texts that stand there, as most arguments of a layer are: they
mean the same everywhere.

Comes in: an argument. Goes out: what may be decided in it and what each decision stands for, worked
out once for the piece of text; nothing is evaluated when it is decided.
"""

from typing import Any

from ...grammar import ast
from ...grammar.record import record
from . import decisions
from .context import Context
from .remembered import by_identity

_NONE = object()


@record
class Written:
    """What may be decided; what the options of a choice stand for; how many expressions they are
    to be counted as.
    """

    domain: "decisions.Domain"
    values: tuple[Any, ...]
    work: int


@by_identity
def written(node: ast.Expression) -> Written | None:
    """What is open in an argument; None where more than its text must be looked at."""
    match node:
        case ast.Choice(options=options, weights=None):
            values = tuple([literal(option) for option in options])
            if _NONE not in values:
                return Written(decisions.equally_likely(node), values, 2)
        case ast.Range():
            ends = [literal(end) for end in (node.low, node.high, node.step) if end is not None]
            if _NONE not in ends:
                return Written(decisions.range_of(node, *ends), (), 1 + len(ends))
    return None


def literal(node: ast.Expression) -> Any:
    """The number, text or list that is written out, else nothing."""
    match node:
        case ast.String() | ast.Bool():
            return node.value
        case ast.List(items=items):
            values = tuple(map(literal, items))
            return _NONE if _NONE in values else values
    number = ast.number_of(node)
    return _NONE if number is None else number


def value_of(node: ast.Expression, found: Written, name: str, context: Context) -> Any:
    """The value decided on for what is open at a node, under the name of the choice."""
    context.session.spend(node.span, found.work)
    decision = decisions.settle(node, found.domain, name, context)
    if found.values:
        return found.values[decision]
    return decisions.meaning_of(node, found.domain, decision, context)
