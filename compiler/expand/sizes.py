"""How long texts and lists may become, and how many tensors may stand side by side: each `let` can
double the one before, and sixty of them ask for 10^18 items.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeVar

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors
from .session import Session
from .values import Tensor

LONGEST_LIST = 100_000
LONGEST_TEXT = 100_000
MOST_NESTED = 32

Value = TypeVar("Value", tuple[object, ...], str)


def bounded(value: Value, node: ast.Expression, session: Session) -> Value:
    """The value again. Raises a Fault where a text is too long, or a list with all lists inside
    it too long or too deep.
    """
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise Fault(errors.values.ValueTooLong(node.span, f"longer than {LONGEST_TEXT:,}"))
        return value
    count, depth = _measure(value, session.measured)
    if count > LONGEST_LIST:
        raise Fault(errors.values.ValueTooLong(node.span, f"longer than {LONGEST_LIST:,}"))
    if depth > MOST_NESTED:
        raise Fault(errors.values.ValueTooLong(node.span, f"nested deeper than {MOST_NESTED}"))
    session.measured[id(value)] = (value, count, depth)
    session.spend(node.span, len(value) // 16)
    return value


def allow_tensors(count: int, span: Span, session: Session) -> None:
    """Raises a Fault where too many tensors would stand side by side."""
    if count > LONGEST_LIST:
        raise Fault(errors.values.ValueTooLong(span, f"more than {LONGEST_LIST:,} tensors"))
    session.spend(span, count // 16)


def joined(flows: Sequence[tuple[Tensor, ...]], span: Span, session: Session) -> tuple[Tensor, ...]:
    """The tensors of several flows, side by side."""
    allow_tensors(sum(map(len, flows)), span, session)
    return tuple(chain.from_iterable(flows))


def _measure(
    items: tuple[object, ...], known: Mapping[int, tuple[object, int, int]]
) -> tuple[int, int]:
    """How many items a list and the lists inside it have, and how deep they go. Lists are made of
    lists that were measured, or of the few that a function makes.
    """
    count, depth = len(items), 0
    for item in items:
        if isinstance(item, tuple):
            found = known.get(id(item))
            inner = found[1:] if found is not None else _measure(item, known)
            count += inner[0]
            depth = max(depth, inner[1])
    return count, depth + 1
