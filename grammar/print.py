"""Syntax tree to canonical text: what `archc fmt` writes and `str(program)` shows.

Comes in: a program or an expression, from a file or made by a program. Goes out: text that parses to an equal tree.
Comments and single blank lines stay; lines have at most 100 columns where they can be broken.
"""

from collections.abc import Callable, Sequence

from . import ast
from .comments import Comments
from .layout import BLANK, COMMA, HARD, SEPARATOR, SPACE, Comment, Document, group, joined, nest, render, row
from .print_expression import PLAIN, Expressions, begins_with_minus
from .recursion import room_for_recursion
from .span import NOWHERE
from .strings import write_string


def print_program(program: ast.Program) -> str:
    """The canonical text of a program: `parse` makes an equal program of it, and it prints the same again."""
    with room_for_recursion():
        document = _Printer(Comments(program.span.source, program.comments)).program(program)
        text = render(document).strip("\n")
    return text + "\n" if text else ""


def print_expression(node: ast.Expression) -> str:
    """The canonical text of one expression."""
    with room_for_recursion():
        return render(_Printer(Comments(NOWHERE.source, ())).expressions.show(node))


class _Printer:
    """Declarations and statements."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments
        self.expressions = Expressions(comments, self.body)
        self.show = self.expressions.show

    def program(self, program: ast.Program) -> Document:
        end = max(len(program.span.source.text), program.span.end)
        declarations = self._items(program.declarations, self._declaration, 0, end + 1)
        return row(*declarations)

    # --- What stands one below the other

    def _items[Item: ast.Node](self) -> None: ...
