"""Syntax tree to canonical text: what `archc fmt` writes and `str(program)` shows.

Comes in: a program or an expression, from a file or made by a program. Goes out: text that parses
to an equal tree. Comments and single blank lines stay; lines have at most 100 columns where they
can be broken.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from . import ast
from .comments import Comments
from .layout import (
    BLANK,
    COMMA,
    HARD,
    SEPARATOR,
    SOFT,
    SPACE,
    Comment,
    Document,
    group,
    joined,
    nest,
    render,
    row,
)
from .print_expression import PLAIN, Expressions, begins_with_minus
from .recursion import room_for_recursion
from .span import NOWHERE
from .strings import write_string

Item = TypeVar("Item", bound=ast.Node)


def print_program(program: ast.Program) -> str:
    """The canonical text of a program: it parses to an equal program and prints the same again."""
    with room_for_recursion():
        printer = _Printer(Comments(program.span.source, program.comments))
        text = render(printer.program(program)).strip("\n")
    return text + "\n" if text else ""


def print_expression(node: ast.Expression) -> str:
    """The canonical text of one expression."""
    with room_for_recursion():
        return render(_Printer(Comments(NOWHERE.source, ())).show(node))


class _Lines:
    """Documents one below the other, and where an empty line stands between two."""

    def __init__(self, comments: Comments, start: int) -> None:
        self.comments = comments
        self.previous = start
        self.parts: list[Document] = []

    def add(self, document: Document, start: int, end: int, apart: bool = False) -> None:
        """A document that stands from one offset to another in the source."""
        blank = apart or self.comments.blank_between(self.previous, start)
        self.add_made(document, blank)
        self.previous = end

    def add_made(self, document: Document, blank: bool = False) -> None:
        """A document that stands nowhere in the source."""
        if self.parts:
            self.parts.append(BLANK if blank else HARD)
        self.parts.append(document)

    def add_comments(self, comments: list[ast.Comment], apart: bool = False) -> None:
        for comment in comments:
            self.add(comment.text, comment.start, comment.start + len(comment.text), apart)
            apart = False


class _Printer:
    """Declarations and statements."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments
        self.expressions = Expressions(comments, self.body)
        self.show = self.expressions.show

    def program(self, program: ast.Program) -> Document:
        end = len(program.span.source.text) + 1
        return row(*self._lines(program.declarations, self._declaration, 0, end))

    # --- What stands one below the other

    def _lines(
        self, items: Sequence[Item], show: Callable[[Item], Document], start: int, end: int
    ) -> list[Document]:
        """The items and the comments around them. Comments inside an item that it has no place for
        go above it.
        """
        lines = _Lines(self.comments, start)
        last: ast.Node | None = None
        for item in items:
            document = show(item)
            apart = last is not None and _stand_apart(last, item)
            last = item
            if not self.comments.knows(item):
                lines.add_made(document, apart)
                continue
            above = self.comments.take(start, item.span.start)
            lines.add_comments(above, apart)
            apart = apart and not above
            inside = self.comments.take(item.span.start, item.span.end)
            if inside:
                lines.add(inside[0].text, item.span.start, item.span.start, apart)
                for comment in inside[1:]:
                    lines.add_made(comment.text)
                apart = False
            beside = self.comments.take_beside(item.span.end, end)
            whole = document if beside is None else row(document, Comment(beside.text))
            over = item.span.end if beside is None else beside.start + len(beside.text)
            lines.add(whole, item.span.start, over, apart)
        lines.add_comments(self.comments.take(start, end))
        return lines.parts

    def _braces(
        self,
        node: ast.Node,
        items: Sequence[Item],
        show: Callable[[Item], Document],
        broken: bool = False,
    ) -> Document:
        """Items in braces, on one line if they fit and the author did not begin a new one after the
        brace.
        """
        known = self.comments.knows(node)
        if not known:
            documents = [show(item) for item in items]
            return self._made_braces(documents, broken)
        start = self.comments.source.text.index("{", node.span.start) + 1
        commented = self.comments.has_any(start, node.span.end)
        if not (commented or broken or self.comments.breaks_after(start)):
            return self._made_braces([show(item) for item in items], broken=False)
        beside = self.comments.take_beside(start, node.span.end)
        lines = self._lines(items, show, start, node.span.end)
        head: Document = "{" if beside is None else row("{", Comment(beside.text))
        if not lines:
            return "{ }" if beside is None else row(head, HARD, "}")
        return row(head, nest(HARD, *lines), HARD, "}")

    def _made_braces(self, documents: list[Document], broken: bool) -> Document:
        if not documents:
            return "{ }"
        if broken:
            return row("{", nest(HARD, joined(HARD, documents)), HARD, "}")
        return group("{", nest(SPACE, joined(SEPARATOR, documents)), SPACE, "}")

    def body(self, body: ast.Body) -> Document:
        return self._braces(body, body.statements, self._statement)

    # --- Declarations

    def _declaration(self, node: ast.Declaration) -> Document:
        match node:
            case ast.Use():
                return _use(node)
            case ast.Let():
                return self._statement(node)
            case ast.Function():
                return self._function(node)
            case ast.Settings():
                name = node.network if node.name is None else f"{node.name}: {node.network}"
                made = not self.comments.knows(node)
                braces = self._braces(node, node.settings, self._setting, broken=made)
                return row(f"{node.kind} {name} ", braces)
            case ast.Vocabulary():
                made = not self.comments.knows(node)
                braces = self._braces(node, node.entries, self.show, broken=made)
                return row(f"vocabulary {node.name} ", braces)
        return _as_written(node)

    def _setting(self, node: ast.Setting) -> Document:
        return row(f"{node.name} = ", self.show(node.value))

    def _function(self, node: ast.Function) -> Document:
        head: list[Document] = [f"{node.kind} {node.name}"]
        if node.hyperparameters:
            documents = [self._hyperparameter(item) for item in node.hyperparameters]
            head.append(self.expressions.bracketed("(", documents, ")"))
        sections = (
            ("on ", [self._port(port) for port in node.inputs]),
            ("with ", [self._state(state) for state in node.states]),
            ("-> ", [self._port(port) for port in node.outputs]),
        )
        clauses = [
            row(SPACE, group(word, nest(joined(COMMA, ports)))) for word, ports in sections if ports
        ]
        body = self._braces(node.body, node.body.statements, self._statement, broken=True)
        return row(group(*head, nest(*clauses)), " ", body)

    def _hyperparameter(self, node: ast.Hyperparameter) -> Document:
        typed = row(f"{node.name}: ", self.show(node.type))
        return typed if node.default is None else row(typed, " = ", self.show(node.default))

    def _port(self, node: ast.Port) -> Document:
        if node.type is None:
            return node.name or "_"
        type_ = self._type(node.type)
        return type_ if node.name is None else row(f"{node.name}: ", type_)

    def _state(self, node: ast.State) -> Document:
        typed = row(f"{node.name}: ", self._type(node.type))
        return typed if node.initial is None else row(typed, " = ", self.show(node.initial, PLAIN))

    def _type(self, node: ast.TensorType) -> Document:
        axes = [self.show(axis, PLAIN) for axis in node.axes]
        return row(node.dtype or "", self.expressions.bracketed("[", axes, "]"))

    # --- Statements

    def _statement(self, node: ast.Statement) -> Document:
        match node:
            case ast.Bind():
                targets = ", ".join(node.targets)
                targets = targets if len(node.targets) == 1 else f"({targets})"
                return row(f"{targets} = ", self.show(node.value))
            case ast.Let():
                return row(f"let {node.name} = ", self.show(node.value))
            case ast.Instance():
                return row(f"layer {node.name} = ", self.show(node.stage))
            case ast.Next():
                return row(f"next {node.state} = ", self.show(node.value))
            case ast.Require():
                message = "" if node.message is None else f": {write_string(node.message)}"
                return row("require ", self.show(node.condition, PLAIN), message)
            case ast.Limit():
                return row(f"limit {node.name} = ", self.show(node.value, PLAIN))
            case ast.Result():
                return self._result(node.value)
        return _as_written(node)

    def _result(self, value: ast.Expression) -> Document:
        """An expression as a statement, which cannot begin with `-`."""
        document = self.show(value)
        if begins_with_minus(document):
            return group("(", nest(SOFT, document), SOFT, ")")
        return document


def _use(node: ast.Use) -> str:
    path = ".".join(node.path)
    if node.names:
        return f"use {path}: {', '.join(node.names)}"
    return f"use {path}" if node.alias is None else f"use {path} as {node.alias}"


def _as_written(node: ast.Broken) -> Document:
    """What did not parse stays as it is."""
    return joined(HARD, [line.strip() for line in node.span.text.splitlines()])


def _stand_apart(above: ast.Node, below: ast.Node) -> bool:
    """Whether an empty line always stands between two nodes: between declarations, unless both are
    short.
    """
    if isinstance(above, ast.Use) and not isinstance(below, ast.Use):
        return True
    long = ast.Function | ast.Settings | ast.Vocabulary
    return isinstance(above, long) or isinstance(below, long)
