"""Blocks that use themselves behind a choice: every draw must end.

A body that recurses behind a choice states `limit recursion = 6`, how many uses of it may be open
inside one another, or `limit nodes = 200`, how many layers one use of it may make.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Fault
from ...grammar.span import Span
from .. import cost, errors
from . import ahead, decisions, endless, evaluate, requirements
from .context import Context
from .environment import Environment
from .holding import Identity
from .remembered import by_identity
from .values import FunctionReference, describe


def enter(reference: FunctionReference, env: Environment, use: Span, context: Context) -> None:
    """Refuses a use that goes beyond the limit that the body states, or that needs one. `env` has
    its hyperparameters and axes.
    """
    function = reference.function
    open_uses = context.within.count(id(function))
    limits = {item.name: item for item in _limits(function.body)}
    if open_uses and not limits and endless.chooses_depth(Identity(function), reference.home):
        raise Fault(errors.spaces.RecursionWithoutLimit(use, function.name_span, function.name))
    if open_uses and "recursion" in limits:
        if context.session.uses is not None:
            context.session.uses.expect_depth()
        most = _most(limits["recursion"], env, context)
        if open_uses >= most:
            raise Fault(errors.spaces.RecursionLimit(use, function.name, most))


def look_ahead(function: ast.Function, context: Context) -> None:
    """Where layers are limited while one explores or follows, it is told from the text what is
    still made.
    """
    session = context.session
    if not session.looks_ahead:
        return
    limited = node_limits(function.body) or (session.room is not None and _limits(function.body))
    if session.ahead is None and (limited or "layers" in session.deferred_costs):
        session.ahead = ahead.Ahead()
    if session.ahead is not None:
        session.ahead.learn(FunctionReference(function, context.home))


def tightened(body: ast.Body, env: Environment, context: Context) -> "ahead.Limit | None":
    """The limit on layers that a body adds to those around it, where one explores or follows."""
    session = context.session
    if not session.looks_ahead:
        return None
    found = _room(body, context)
    for limit in node_limits(body):
        with suppress(Fault):  # it is told where the limit stands
            found.append(ahead.Limit(_most(limit, env, context), limit.span))
    if not found:
        return None
    session.ahead = session.ahead or ahead.Ahead()
    least = min(found, key=attrgetter("most"))
    return least if session.ahead.tightens(least, context.builder) else None


def _room(body: ast.Body, context: Context) -> "list[ahead.Limit]":
    """What is left of the layers that the network may make, where one follows: a body that could go
    on without end makes no more.
    """
    session, builder = context.session, context.builder
    limited = session.room is not None and bool(_limits(body))
    if not limited or builder is not session.reads.builder:  # a cell's layers are its own
        return []
    if session.ahead is not None and session.ahead.is_open:
        return []
    return [ahead.Limit(session.room - cost.layers(builder), body.span)]


def expect_limit(limit: ast.Limit, body: ast.Body, env: Environment, context: Context) -> None:
    """Raises a Fault for a limit that is none, or that is not known when its body begins."""
    if limit.name not in ("recursion", "nodes"):
        raise Fault(errors.control.BadLimit(limit.span, limit.name))
    late = set(requirements.names_read(limit.value)) & _bound(body)
    if late:
        found = f"`{min(late)}` is bound in this body, which begins with its limits"
        raise Fault(errors.control.BadLimit(limit.span, limit.name, found))
    _most(limit, env, context)


def _bound(body: ast.Body) -> set[str]:
    """The names that the statements of a body bind."""
    found: set[str] = set()
    for statement in body.statements:
        match statement:
            case ast.Bind(targets=names):
                found.update(names)
            case ast.Let(name=name) | ast.Instance(name=name):
                found.add(name)
    return found


def _most(limit: ast.Limit, env: Environment, context: Context) -> int:
    """The number that a limit states, worked out from hyperparameters and names of the file."""
    if _is_open(limit):
        raise Fault(errors.control.BadLimit(limit.span, limit.name, "a limit is one number"))
    value = evaluate.number(limit.value, env, context)
    if type(value) is not int or value < 1:
        found = f"this is {describe(value)}"
        raise Fault(errors.control.BadLimit(limit.span, limit.name, found))
    return value


@by_identity
def _is_open(limit: ast.Limit) -> bool:
    return decisions.has_choice(limit.value)


@by_identity
def _limits(body: ast.Body) -> Sequence[ast.Limit]:
    """What a body says of how far it may go."""
    return [item for item in body.statements if isinstance(item, ast.Limit)]


@by_identity
def node_limits(body: ast.Body) -> list[ast.Limit]:
    """What a body says of how many layers one use of it may make."""
    return [item for item in _limits(body) if item.name == "nodes"]


def settle_nodes(body: ast.Body, env: Environment, context: Context, start: int) -> None:
    """Refuses a use that made more layers than the body allows."""
    for limit in node_limits(body):
        most = _most(limit, env, context)
        part = cost.Stretch(context.builder.nodes[start:], context.builder.values)
        if cost.layers(part) > most:
            context.session.report(errors.spaces.NodeLimit(limit.span, most), context.trail)


def beyond(functions: Sequence[ast.Function], deepest: int) -> Iterator[Diagnostic]:
    """The limits on recursion that allow more blocks within one another than may stand so."""
    for function in functions:
        for limit in _limits(function.body):
            match limit:
                case ast.Limit(name="recursion", value=ast.Number(value=int() as most)):
                    if most > deepest:
                        yield errors.spaces.RecursionTooDeep(limit.span, most, deepest)


def unlimited(functions: Sequence[ast.Function]) -> Iterator[Fault]:
    """The uses of a function within itself behind a choice, where its body states no limit."""
    named = {item.name: item for item in functions}
    for function in functions:
        if any(isinstance(item, ast.Limit) for item in function.body.statements):
            continue
        for name in _behind_choices(function.body, within=False):
            if name.id in named and function.name in _reached(name.id, named):
                what = name.span, function.name_span, function.name
                yield Fault(errors.spaces.RecursionWithoutLimit(*what))


def _behind_choices(node: object, *, within: bool) -> Iterator[ast.Name]:
    """The names that stand in an option of a choice."""
    within = within or isinstance(node, ast.Choice | ast.Optional)
    if isinstance(node, ast.Name) and within:
        yield node
    if isinstance(node, ast.Node):
        for child in ast.children(node):
            yield from _behind_choices(child, within=within)


def _reached(start: str, named: Mapping[str, ast.Function]) -> set[str]:
    """The functions that one uses, itself and those used by them included."""
    reached, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name in named and name not in reached:
            reached.add(name)
            waiting += _names(named[name].body)
    return reached


def _names(node: ast.Node) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.children(node):
        yield from _names(child)
