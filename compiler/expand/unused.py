"""Blocks that no network of the file uses: their shapes cannot be checked without inputs, their
names can.
"""

from collections.abc import Iterator, Sequence

from ...grammar import ast
from ...grammar.diagnostic import Step
from .environment import Environment
from .lookup import find_name, unknown_name
from .session import Session


def check(functions: Sequence[ast.Function], env: Environment, session: Session) -> None:
    """Reports every applied name that stands for nothing, in the bodies that were not expanded."""
    for function in functions:
        if id(function) in session.entered:
            continue
        local = set(bound(function))
        for name in _applied(function.body):
            if session.full:
                return
            if name.id not in local and env.find(name.id) is None and find_name(name.id) is None:
                scope = Environment(env)
                for item in local:
                    scope.replace(item, None, function.span)
                step = Step(function.name_span, f"in {function.kind} {function.name}")
                session.report(unknown_name(name.id, name.span, scope), (step,))


def bound(function: ast.Function) -> Iterator[str]:
    """Every name that the function binds anywhere; scopes are not told apart."""
    for hyperparameter in function.hyperparameters:
        yield hyperparameter.name
    ports: tuple[ast.Port | ast.State, ...] = (*function.inputs, *function.states)
    for port in ports:
        yield port.name or "_"
        if port.type is not None:
            yield from (node.id for node in port.type.axes if isinstance(node, ast.Name))
    yield from _bound_in(function.body)


def _bound_in(node: object) -> Iterator[str]:
    match node:
        case ast.Bind(targets=names) | ast.Broken(names=names):
            yield from names
        case ast.Let(name=name) | ast.Instance(name=name):
            yield name
        case ast.For(targets=names):
            yield from names
    for child in _children(node):
        yield from _bound_in(child)


def _applied(node: object) -> Iterator[ast.Name]:
    """The names that stand where something is called or applied."""
    match node:
        case ast.Call(function=ast.Name() as name):
            yield name
        case ast.Pipeline(stages=parts):
            yield from (part for part in parts[1:] if isinstance(part, ast.Name))
    for child in _children(node):
        yield from _applied(child)


def _children(node: object) -> Iterator[object]:
    """The nodes directly below one: every field that is a node, or a tuple of nodes."""
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        if isinstance(value, ast.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, ast.Node))
