"""What all nodes of the syntax tree share: a place, comparison, a hash and a text, none of which
needs recursion.

Comes in: any node. Goes out: the same answers that a dataclass gives, for trees of any depth, with
one difference: an integer never equals a float. Spans and the spelling of numbers are left out, as
the fields with `compare=False`.
"""

from collections.abc import Iterator
from dataclasses import field, fields
from functools import cache
from typing import Any

from .record import record
from .span import Span


@record
class Node:
    """Anything with a place in the source."""

    span: Span = field(compare=False, repr=False, kw_only=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        waiting: list[tuple[Any, Any]] = [(self, other)]
        while waiting:
            left, right = waiting.pop()
            if left is right:
                continue
            if type(left) is not type(right):
                return False
            if isinstance(left, Node):
                names = _compared(left)
                waiting.extend((getattr(left, name), getattr(right, name)) for name in names)
            elif isinstance(left, tuple) and len(left) == len(right):
                waiting.extend(zip(left, right, strict=True))
            elif left != right:
                return False
        return True

    def __hash__(self) -> int:
        leaves: list[Any] = []
        waiting: list[Any] = [self]
        while waiting:
            value = waiting.pop()
            if isinstance(value, Node):
                leaves.append(type(value).__name__)
                waiting.extend(getattr(value, name) for name in _compared(value))
            elif isinstance(value, tuple):
                leaves.append(len(value))
                waiting.extend(value)
            else:
                leaves.append(value)
        return hash(tuple(leaves))

    def __repr__(self) -> str:
        written: list[str] = []
        waiting: list[Any] = [self]
        while waiting:
            value = waiting.pop()
            if isinstance(value, _Text):
                written.append(value)
            elif isinstance(value, Node):
                waiting.extend(reversed(_shown_fields(value)))
            elif isinstance(value, tuple):
                waiting.extend(reversed(_shown_items(value)))
            else:
                written.append(repr(value))
        return "".join(written)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in source order."""
    names: tuple[str, ...] = type(node).__match_args__
    for name in names:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


class _Text(str):
    """A piece of a representation that is finished, as opposed to a string that a node holds."""

    __slots__ = ()


def _compared(node: Node) -> tuple[str, ...]:
    kind: Any = type(node)
    return _names(kind)[0]


def _shown(node: Node) -> tuple[str, ...]:
    kind: Any = type(node)
    return _names(kind)[1]


@cache
def _names(kind: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a class that comparisons look at, and those that its text shows."""
    compared = tuple(item.name for item in fields(kind) if item.compare)
    return compared, tuple(item.name for item in fields(kind) if item.repr)


def _shown_fields(node: Node) -> list[Any]:
    parts: list[Any] = [_Text(f"{type(node).__name__}(")]
    for number, name in enumerate(_shown(node)):
        parts += [_Text(f"{', ' if number else ''}{name}="), getattr(node, name)]
    return [*parts, _Text(")")]


def _shown_items(items: tuple[Any, ...]) -> list[Any]:
    parts: list[Any] = [_Text("(")]
    for number, item in enumerate(items):
        parts += [_Text(", "), item] if number else [item]
    return [*parts, _Text(",)" if len(items) == 1 else ")")]
