"""Recipes that get a name: every choice in their text is made then, once for that name.

Comes in: the value that a name is to stand for. Goes out: the same, with what was decided for the
choices in it. `let op = any(Operations)` is one operation wherever `op` is used.
"""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from .. import errors
from ..hyperparameter import Hyperparameter
from . import alike, decisions, evaluate, hyperparameters, vocabularies
from .context import Context, join
from .environment import Binding, Environment
from .holding import Identity
from .session import Poisoned
from .values import (
    Combinator,
    FragmentStage,
    FunctionReference,
    LayerReference,
    OpenLet,
    Poison,
    decisions_key,
)


def value_of(bound: Binding, node: ast.Name | ast.Attribute, context: Context) -> Any:
    """What a name is bound to, that of a module too. An open `let` of a file is decided now."""
    value, reads = bound.value, context.session.reads
    if isinstance(value, Poison):
        raise Poisoned
    if isinstance(value, OpenLet):
        value = of_file(value, context)
    if reads is not None:
        reads.read(bound)
        reads.seen(node, value)
    return value


def of_file(let: OpenLet, context: Context) -> Any:
    """The value of a file's own `let`, whose choices are made once for the whole program. In a file
    that was read by `use` they are called by its name too, whatever is read first.
    """
    session, declaration = context.session, let.declaration
    if id(declaration) not in session.lets:
        if session.decider is None and alike.is_open(declaration.value):
            raise Fault(errors.calls.OpenChoice(declaration.value.span))
        outside = replaced(
            context,
            path="",
            prefix="",
            hint=join(let.home.module, declaration.name),
            frozen={},
            memory=None,
            text=declaration,
            home=let.home,
            uses=(),
        )
        mark = 0 if session.reads is None else session.reads.open()
        value = freeze(evaluate.handed_on(declaration.value, let.home, outside), outside)
        session.note(session.lets, id(declaration), value)
        if session.reads is not None:
            session.reads.name(declaration, session.reads.close(mark))
    if session.reads is not None:
        session.reads.read(declaration)
    return session.lets[id(declaration)]


def freeze(value: Any, context: Context) -> Any:
    """A recipe that gets a name makes every choice in its text now, once for that name; a list
    those of its items.
    """
    if context.session.decider is None or _is_settled(value):
        return value
    if isinstance(value, tuple):
        return _freeze_items(value, context)
    frozen: dict[int, Any] = {}
    mark = context.session.hold(id(value.expression))
    _freeze(value.expression, value.environment, context, frozen)
    context.session.release(mark)
    _take_for_alike(value, frozen, context)
    return replaced(value, frozen=frozen)


def _take_for_alike(value: Any, frozen: dict[int, Any], context: Context) -> None:
    """While one explores, what was taken for a whole recipe is left open until it is used."""
    node, session = value.expression, context.session
    if session.partition is None or not session.partition.takes(node):
        return
    if id(node) not in session.partition.whole:
        _expect_whole(node, value.environment, context)
        session.partition.whole.add(id(node))
    frozen[id(node)] = alike.Each(id(node))
    session.took_alike = True
    session.decider.take_for_alike(node)


def _expect_whole(node: Any, env: Environment, context: Context) -> None:
    """Every option makes sense, even if none is used. Raises Apart."""
    for item in alike.options_of(node):
        try:
            _freeze(item, env, context, {})
        except Fault:
            raise alike.Apart(alike.Each(id(node))) from None


def _is_settled(value: Any) -> bool:
    """Whether no recipe is in a value whose choices may be left to make."""
    if type(value) is tuple:
        return all(map(_is_settled, value))
    return type(value) is not FragmentStage or bool(value.frozen)


def _freeze_items(items: tuple[Any, ...], context: Context) -> tuple[Any, ...]:
    frozen: list[Any] = []
    mark, reads = context.session.hold(items, frozen), context.session.reads
    rests = [] if reads is None else list(reads.items_of(items))
    for place, item in enumerate(items):
        opened = 0 if reads is None else reads.open()
        frozen.append(freeze(item, context))
        if reads is not None:
            rests[place] = rests[place] | reads.close(opened)
        context.session.moved(mark)
    context.session.release(mark)
    value = tuple(frozen)
    if reads is not None:
        reads.list(value, rests)
    return value


def _freeze(node: Any, env: Environment, context: Context, frozen: dict[int, Any]) -> None:
    """Decides the choices below a node in the order of the text, and only where they can matter."""
    mark = context.session.hold(decisions_key(frozen))
    match node:
        case ast.Choice() | ast.Optional():
            taken = decisions.option(node, env, context)
            frozen[id(node)] = _decided(node, context)
            _freeze(taken, env, context, frozen)
        case ast.Range():
            for child in _children(node):
                _freeze(child, env, context, frozen)
            decisions.number(node, env, _with(frozen, context))
            frozen[id(node)] = _decided(node, context)
        case ast.Open():
            _freeze(vocabularies.built_in(Identity(node)), env, context, frozen)
        case ast.Call():
            _freeze_call(node, env, context, frozen)
        case ast.If():
            for child in _branches(node, env, context):
                _freeze(child, env, context, frozen)
        case _:
            for child in _children(node):
                _freeze(child, env, context, frozen)
    context.session.release(mark)


def _with(frozen: dict[int, Any], context: Context) -> Context:
    """For an expression that is worked out by what was decided in it."""
    return replaced(context, frozen={**context.frozen, **frozen}) if frozen else context


def _decided(node: ast.Expression, context: Context) -> Any:
    """What was decided just now, or with a name before."""
    if id(node) in context.frozen:
        return context.frozen[id(node)]
    return context.session.decided[context.decided_at, id(node)]


def _freeze_call(
    node: ast.Call, env: Environment, context: Context, frozen: dict[int, Any]
) -> None:
    function = evaluate.evaluate(node.function, env, context)
    if isinstance(function, Combinator) and function.name == "any":
        stage = vocabularies.any_of(node, env, context)
        _freeze(stage.expression, stage.environment, context, frozen)
        return
    if isinstance(function, Combinator) and function.name == "some":
        _freeze_some(node, env, context, frozen)
        return
    items = declared(function)
    for place, argument in enumerate(node.arguments):
        inner = replaced(context, hint=named_after(context.hint, node, place, items))
        if isinstance(argument.value, ast.Open):
            name = _argument(node, place, items)
            item = next((item for item in items if item.name == name), None)
            if item is None:
                raise Fault(errors.spaces.NoDomain(argument.span, _what(node), name))
            decisions.any_value(argument.value, item, _what(node), inner)
            frozen[id(argument.value)] = _decided(argument.value, inner)
        else:
            _freeze(argument.value, env, inner, frozen)
    if node.body is not None:
        _freeze(node.body, env, context, frozen)


def declared(function: Any) -> Sequence[Hyperparameter]:
    """What a layer or block may be given."""
    match function:
        case LayerReference(layer=layer):
            return layer.hyperparameters()
        case FunctionReference(function=block):
            return [hyperparameters.declared(item) for item in block.hyperparameters]
        case _:
            return ()


def _freeze_some(
    node: ast.Call, env: Environment, context: Context, frozen: dict[int, Any]
) -> None:
    """How many, which, and the choices in those."""
    items, size = vocabularies.parts_of_some(node)
    for part in _children(size) if isinstance(size, ast.Range) else (size,):
        _freeze(part, env, context, frozen)
    kept = vocabularies.subset(node, env, _with(frozen, context))
    frozen[id(node)] = _decided(node, context)
    for place in kept:
        _freeze(items[place], env, context, frozen)


def named_after(hint: str, node: ast.Call, place: int, items: Sequence[Hyperparameter]) -> str:
    """What the choices in an argument of a recipe are named after."""
    return f"{hint}.{_what(node)}.{_argument(node, place, items)}"


def _what(node: ast.Call) -> str:
    return node.function.span.text if node.function.span else "stage"


def _argument(node: ast.Call, place: int, items: Sequence[Hyperparameter]) -> str:
    return node.arguments[place].name or (items[place].name if place < len(items) else str(place))


def _branches(node: ast.If, env: Environment, context: Context) -> list[Any]:
    """The branch that will be taken; all of them where that depends on what is not known yet."""
    try:
        taken = evaluate.decided(node.condition, env, context)
    except Fault:
        return _children(node)
    branch = node.then if taken else node.otherwise
    return [] if branch is None else [branch]


def _children(node: Any) -> list[Any]:
    """The nodes directly below one."""
    found: list[Any] = []
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        parts = value if isinstance(value, tuple) else (value,)
        found += [part for part in parts if isinstance(part, ast.Node)]
    return found
