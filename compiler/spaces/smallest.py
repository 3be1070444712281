"""How long the text of an option is: programs are kept small by taking short ones first.

Comes in: an option of a choice. Goes out: what options are put in order by. May be assumed: of a
block that uses itself, what does not is shorter than what uses it twice, so a program that is
completed in this order does not grow without need.
"""

from typing import Any

from ...grammar import ast


def size_of(option: Any) -> tuple[int, float]:
    """The identity is smaller than a layer, and a block smaller than one that holds it; numbers are
    told apart by their size.
    """
    match option:
        case ast.Number(value=value):
            return 1, abs(value)
        case ast.Fragment(body=ast.Body(statements=())) | ast.Name(id="identity"):
            return 0, 0.0
        case ast.Node():
            return 1 + _nodes(option), 0.0
        case bool() | int() | float():
            return 1, abs(option)
        case tuple():
            return 1 + len(option), 0.0
        case _:
            return 1, 0.0


def _nodes(node: Any) -> int:
    waiting, count = [node], 0
    while waiting:
        node = waiting.pop()
        count += 1
        waiting.extend(ast.children(node))
    return count
