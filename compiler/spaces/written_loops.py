"""Writing a `for` or `repeat` that stands as a statement.

Comes in: a body, and the writer that settles the choices in it. Goes out: the body's statements. A
loop whose turns came out alike stays one; otherwise each turn is a loop of its own over one item.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.loops import binds_only
from .syntax import bare, literal


class Writes(Protocol):
    """What is wanted of a writer."""

    def write(self, node: Any, place: Any) -> Any:
        """A node with its choices settled."""

    def turns(self, node: ast.Expression, place: Any) -> tuple[str, list[Any]]:
        """The path of a loop's turns and the place of each; none where it was never reached."""


def statements(body: ast.Body, writer: Writes, place: Any) -> tuple[Any, ...]:
    """The statements of a body as they came out."""
    return tuple(
        written
        for item in body.statements
        for written in (
            _loop(item.value, None, writer, place)
            if isinstance(item, ast.Result) and binds_only(item)
            else (writer.write(item, place),)
        )
    )


def _loop(
    node: ast.Expression, label: str | None, writer: Writes, place: Any
) -> Iterator[ast.Result]:
    match node:
        case ast.Labelled():
            yield from _loop(node.stage, node.label, writer, place)
        case ast.For():
            items = writer.write(node.iterable, place)
            yield from _written(bare(node, iterable=items), label, writer, place, node)
        case ast.Call():
            count = tuple(
                bare(item, value=writer.write(item.value, place)) for item in node.arguments
            )
            yield from _written(bare(node, arguments=count), label, writer, place, node)
        case _:
            yield ast.Result(writer.write(node, place), span=NOWHERE)


def _written(
    loop: Any, label: str | None, writer: Writes, place: Any, node: ast.For | ast.Call
) -> Iterator[ast.Result]:
    path, places = writer.turns(node, place)
    bodies = [writer.write(node.body, inner) for inner in places] or [
        writer.write(node.body, place)
    ]
    if all(body == bodies[0] for body in bodies):
        yield _labelled(bare(loop, body=bodies[0]), label)
        return
    base = path.rpartition(".")[2]
    for number, body in enumerate(bodies):
        yield _labelled(_once(loop, number, body), f"{base}_{number}")


def _labelled(stage: Any, label: str | None) -> ast.Result:
    named = stage if label is None else ast.Labelled(label, stage, span=NOWHERE)
    return ast.Result(named, span=NOWHERE)


def _once(loop: Any, number: int, body: ast.Body) -> Any:
    if isinstance(loop, ast.For):
        return bare(loop, iterable=only(loop.iterable, number), body=body)
    count = bare(loop.arguments[0], value=literal(1))
    return bare(loop, arguments=(count,), body=body)


def only(items: Any, number: int) -> Any:
    """The list of one item of a list."""
    match items:
        case ast.List():
            item = items.items[number]
        case ast.Call(function=ast.Name(id="zip")):
            lists = tuple(bare(part, value=only(part.value, number)) for part in items.arguments)
            return bare(items, arguments=lists)
        case _:
            item = ast.Index(items, (literal(number),), span=NOWHERE)
    return ast.List((item,), span=NOWHERE)
