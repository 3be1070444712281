"""How long texts and lists may become: each `let` can double the one before, and sixty of them ask
for 10^18 items.
"""

from typing import TypeVar

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from .session import Session

LONGEST_LIST = 100_000
LONGEST_TEXT = 100_000

Value = TypeVar("Value", tuple[object, ...], str)


def bounded(value: Value, node: ast.Expression, session: Session) -> Value:
    """The value again. Raises a Fault where a text, or a list with all lists inside it, is too
    long.
    """
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise Fault(errors.values.ValueTooLong(node.span, "text", LONGEST_TEXT))
        return value
    found = count(value)
    if found > LONGEST_LIST:
        raise Fault(errors.values.ValueTooLong(node.span, "list", LONGEST_LIST))
    if found > 16:
        session.spend(node.span, found // 16)
    return value


def count(items: tuple[object, ...]) -> int:
    """The items of a list and of the lists inside it; stops counting where they are too many."""
    found = 0
    waiting: list[tuple[object, ...]] = [items]
    while waiting and found <= LONGEST_LIST:
        part = waiting.pop()
        found += len(part)
        waiting += [item for item in part if isinstance(item, tuple)]
    return found
