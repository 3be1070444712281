"""A program's tree by address: what stands at a path, and the tree with something else there.

Comes in: nodes of syntax. Goes out: nodes. What is not replaced stays the very same object or keeps
its span, by which it is known again after an edit.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from ....grammar import ast
from ....grammar.print import print_expression
from ....grammar.span import NOWHERE

Step = tuple[str, int | None]
Path = tuple[Step, ...]
"""Fields, and positions in them, from the root down."""


def at(root: Any, path: Path) -> Any:
    """What stands at a path."""
    for name, place in path:
        value = getattr(root, name)
        root = value if place is None else value[place]
    return root


def put(root: Any, path: Path, new: Any) -> Any:
    """The tree with something else at a path."""
    if not path:
        return new
    name, place = path[0]
    value = getattr(root, name)
    if place is None:
        return replace(root, **{name: put(value, path[1:], new)})
    inner = put(value[place], path[1:], new)
    return replace(root, **{name: (*value[:place], inner, *value[place + 1 :])})


def splice(body: ast.Body, place: int, new: tuple[ast.Statement, ...]) -> ast.Body:
    """A body with other statements in the place of one."""
    return replace(body, statements=(*body.statements[:place], *new, *body.statements[place + 1 :]))


def below(node: Any) -> Iterator[Any]:
    """A node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(ast.children(node))))


def rebuilt(node: Any, change: Callable[[Any, Any], Any]) -> Any:
    """The tree with `change(new, old)` in the place of every node, from the leaves up; `new` is
    `old` with what has changed below it.
    """
    changes: dict[str, Any] = {}
    for item in fields(node):
        value = getattr(node, item.name)
        new = _rebuilt(value, change)
        if new is not value:
            changes[item.name] = new
    return change(replace(node, **changes) if changes else node, node)


def _rebuilt(value: Any, change: Callable[[Any, Any], Any]) -> Any:
    if isinstance(value, ast.Node):
        return rebuilt(value, change)
    if not isinstance(value, tuple) or not any(isinstance(item, ast.Node) for item in value):
        return value
    items = tuple(_rebuilt(item, change) for item in value)
    return value if all(a is b for a, b in zip(items, value, strict=True)) else items


def renamed(node: Any, names: Mapping[str, str]) -> Any:
    """The tree with other names where these stand."""
    if not names:
        return node

    def change(found: Any, old: Any) -> Any:
        if isinstance(found, ast.Name) and found.id in names:
            return replace(found, id=names[found.id])
        return found

    return rebuilt(node, change)


def names_in(node: Any) -> set[str]:
    """Every name that is read or bound below a node."""
    found: set[str] = set()
    for item in below(node):
        match item:
            case ast.Name(id=name):
                found.add(name)
            case ast.Bind(targets=names) | ast.For(targets=names):
                found.update(names)
            case ast.Labelled(label=name) | ast.Port(name=str(name)):
                found.add(name)
            case ast.Let(name=name) | ast.Instance(name=name) | ast.Hyperparameter(name=name):
                found.add(name)
            case ast.Function(name=name) | ast.State(name=name) | ast.Vocabulary(name=name):
                found.add(name)
            case ast.Use(path=path, alias=alias, names=names):
                found.update((alias or path[-1], *names))
    return found


def fresh(base: str, taken: set[str]) -> str:
    """`base`, or with the first number that makes it a name of its own."""
    if base not in taken:
        return base
    count = 2
    while f"{base}_{count}" in taken:
        count += 1
    return f"{base}_{count}"


# --- pieces of syntax -----------------------------------------------------------------------------


def name(text: str) -> ast.Name:
    return ast.Name(text, span=NOWHERE)


def call(function: str, *values: Any, **named: Any) -> ast.Call:
    """`function(values, name=value)`; values are expressions."""
    arguments = [ast.Argument(None, value, span=NOWHERE) for value in values]
    arguments += [ast.Argument(key, value, span=NOWHERE) for key, value in named.items()]
    return ast.Call(name(function), tuple(arguments), span=NOWHERE)


def braces(function: str, *branches: Any) -> ast.Call:
    """`function { branch, branch }`."""
    results = tuple(ast.Result(item, span=NOWHERE) for item in branches)
    return ast.Call(name(function), (), ast.Body(results, span=NOWHERE), span=NOWHERE)


def pipeline(stages: tuple[Any, ...]) -> Any:
    """Stages as one expression; none are the identity. Lines among them join it."""
    flat: list[Any] = []
    for stage in stages:
        flat += stage.stages if isinstance(stage, ast.Pipeline) else [stage]
    if not flat:
        return name("identity")
    return flat[0] if len(flat) == 1 else ast.Pipeline(tuple(flat), span=NOWHERE)


LONGEST = 60


def shown(node: Any) -> str:
    """An expression in one line, the end of a long one left out."""
    text = " ".join(print_expression(node).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def bind(target: str, value: Any) -> ast.Bind:
    return ast.Bind((target,), value, span=NOWHERE)


def plus(left: Any, right: Any) -> ast.Binary:
    return ast.Binary("+", left, right, span=NOWHERE)
