"""What takes a body or a cell: `repeat`, `for`, `fork`, `residual`, `share`, `scan`."""

from collections.abc import Callable, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record, replaced
from .. import errors
from . import (
    evaluate,
    fragments,
    lookup,
    reals,
    requirements,
    retrying,
    scanning,
    signatures,
    size,
    sizes,
    stages,
)
from .context import Context, join
from .environment import Environment
from .session import Poisoned
from .values import Tensor, describe

Inputs = tuple[Tensor, ...]


def apply(
    name: str, node: ast.Call, inputs: Inputs, env: Environment, context: Context
) -> "stages.Flow":
    """`name(arguments) { body }`."""
    if name not in _WITH_BODY:
        raise Fault(errors.calls.NoBody(node.span, name))
    flow: stages.Flow = _WITH_BODY[name](node, inputs, env, context)
    return flow


def _count(node: ast.Call, name: str, env: Environment, context: Context) -> int:
    """The single argument of `repeat` and `share`: how many turns."""
    if len(node.arguments) != 1 or node.arguments[0].name not in (None, "n"):
        raise Fault(errors.calls.CountWanted(node.span, name, len(node.arguments)))
    argument = node.arguments[0].value
    if context.naming:
        context = replaced(context, hint=f"{context.name_of(node) or name}.n")
    count = evaluate.number(argument, env, context)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        reals.refuse_as_size(count, argument.span, int)
        raise Fault(errors.calls.BadCount(argument.span, name, describe(count)))
    return count


@record
class Turns:
    """What a `for` or a `repeat` goes through, and the path below which its turns are numbered."""

    path: str
    items: Sequence[Any]


def turns_of_repeat(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> Turns:
    """The turns of a `repeat`, once they are seen to be few enough."""
    assert node.body is not None
    mark = context.session.hold(inputs)
    count = _count(node, "repeat", env, context)
    context.session.release(mark)
    size.refuse_bomb(node, count, node.body, env, context)  # before there is a list of them
    return _turns(node, "repeat", range(count), context)


def turns_of_for(node: ast.For, inputs: Inputs, env: Environment, context: Context) -> Turns:
    """The items of a `for`, which may be tensors."""
    mark = context.session.hold(inputs)
    items = evaluate.items(node.iterable, env, context)
    context.session.release(mark)
    if not isinstance(items, tuple):
        raise Fault(errors.control.NotAList(node.iterable.span, describe(items)))
    size.refuse_bomb(node, len(items), node.body, env, context)
    return _turns(node, "for", items, context)


def _turns(node: ast.Call | ast.For, base: str, items: Sequence[Any], context: Context) -> Turns:
    assert node.body is not None
    context.session.expect_room(node.body, context.builder, len(items))
    path = context.name_of(node) or context.fresh(base)
    context.session.applied[context.place, id(node)] = (join(context.place, path), len(items))
    return Turns(path, items)


def _repeat(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> "stages.Flow":
    assert node.body is not None
    turns = turns_of_repeat(node, inputs, env, context)
    body, path, count = node.body, turns.path, len(turns.items)

    def turn(number: int, flow: "stages.Flow") -> "stages.Flow":
        mark = context.session.hold(id(node), number, count)
        context.session.promise(mark, body, times=count - number - 1)
        context.session.follows(mark, node, count - number - 1, env)
        flow = _turn(body, f"{path}.{number}", None, flow, Environment(env), context)
        context.session.release(mark)
        return flow

    return retrying.one_by_one(count, turn, stages.gather(inputs), context)


def for_each(node: ast.For, inputs: Inputs, env: Environment, context: Context) -> "stages.Flow":
    """The body once for every item of a list."""
    turns = turns_of_for(node, inputs, env, context)

    def turn(number: int, flow: "stages.Flow") -> "stages.Flow":
        inner = Environment(env)
        bind_targets(node, turns.items[number], number, inner)
        mark = context.session.hold(id(node), turns.items[number + 1 :])
        context.session.promise(mark, node.body, times=len(turns.items) - number - 1)
        flow = _turn(node.body, f"{turns.path}.{number}", None, flow, inner, context)
        context.session.release(mark)
        return flow

    return retrying.one_by_one(len(turns.items), turn, stages.gather(inputs), context)


def bind_targets(node: ast.For, item: Any, turn: int, env: Environment) -> None:
    """The name, or names, that stand for an item."""
    if len(node.targets) == 1:
        env.bind(node.targets[0], item, node.span)
        return
    if not isinstance(item, tuple) or len(item) != len(node.targets):
        found = len(item) if isinstance(item, tuple) else 1
        raise Fault(
            errors.control.WrongItemCount(
                node.iterable.span, len(node.targets), found, describe(item), turn
            )
        )
    for name, part in zip(node.targets, item, strict=True):
        env.bind(name, part, node.span)


def _share(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> "stages.Flow":
    assert node.body is not None
    mark = context.session.hold(inputs)
    count = _count(node, "share", env, context)
    context.session.release(mark)
    size.refuse_bomb(node, count, node.body, env, context)
    path = context.name_of(node) or context.fresh("share")
    context.session.applied[context.place, id(node)] = (join(context.place, path), count)
    owner = join(context.owner, path)
    flow = stages.gather(inputs)
    memory, within = context.once(path)
    for turn in range(count):
        before = flow
        turn_path = f"{path}.{turn}"
        root = join(context.place, turn_path)
        once = replaced(context, memory=memory, memory_root=root, memory_path=within)
        mark = context.session.hold(id(node), turn, count, stages.flatten(before))
        context.session.promise(mark, node.body, times=count - turn - 1)
        if turn + 1 < count:
            context.session.hold(requirements.memory_hold(memory, context))
        flow = _turn(node.body, turn_path, owner, flow, Environment(env), once)
        context.session.release(mark)
        _keeps_shape(node, "share", before, flow, context)
    return flow


def _turn(
    body: ast.Body,
    path: str,
    owner: str | None,
    flow: "stages.Flow",
    env: Environment,
    context: Context,
) -> "stages.Flow":
    context.session.spend(body.span, stages.SCOPE_WORK)
    inner = context.open(path, body, owner=owner)
    inputs = stages.flatten(flow)
    scope = context.builder.begin(inner.path, "turn", "", {}, inputs)
    flow = fragments.run(body, inputs, env, inner)
    context.builder.end(scope, stages.flatten(flow))
    return flow


def _fork(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> "stages.Flow":
    """Every branch reads the same input; the results stand side by side."""
    assert node.body is not None
    _no_arguments(node, "fork")
    inner = Environment(env)
    outputs: list[Tensor] = []
    broken = False
    for place, statement in enumerate(node.body.statements):
        mark = context.session.hold(id(node), place, inputs, outputs)
        context.session.promise(mark, node.body, place + 1)
        try:
            outputs += stages.flatten(_branch(statement, inputs, inner, context))
            sizes.allow_tensors(len(outputs), statement.span, context.session)
        except Fault as fault:
            context.session.report(fault.diagnostic, context.trail)
            broken = True
        except Poisoned:
            broken = True
        context.session.release(mark)
    if broken:
        raise Poisoned
    if not outputs:
        raise Fault(errors.control.NoBranches(node.span))
    return stages.gather(outputs)


def _branch(
    statement: ast.Statement, inputs: Inputs, env: Environment, context: Context
) -> "stages.Flow":
    if not isinstance(statement, ast.Result):
        if isinstance(statement, ast.Broken):
            raise Poisoned
        raise Fault(errors.control.NotABranch(statement.span))
    return stages.apply(statement.value, inputs, env, context)


def _residual(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> "stages.Flow":
    """input + fragment(input), with provably equal shapes: no broadcasting."""
    assert node.body is not None
    _no_arguments(node, "residual")
    mark = context.session.hold(id(node), inputs)
    if context.session.ahead is not None:
        context.session.ahead.promise(mark, len(inputs))  # the sums
    if inputs:
        context.session.follows(mark, node, 0, env, inputs)
    flow = fragments.run(node.body, inputs, Environment(env), context)
    context.session.release(mark)
    _keeps_shape(node, "residual", stages.gather(inputs), flow, context)
    pairs = zip(inputs, stages.flatten(flow), strict=True)
    return stages.gather([_sum(node, before, after, context) for before, after in pairs])


def _sum(node: ast.Call, before: Tensor, after: Tensor, context: Context) -> Tensor:
    path = join(context.path, context.fresh("add"))
    stage = lookup.layer_stage("add")
    return context.builder.add(stage, (before, after), path, path, node.span)[0]


def _no_arguments(node: ast.Call, name: str) -> None:
    if node.arguments:
        raise Fault(errors.calls.NoArguments(node.arguments[0].span, name))


def _keeps_shape(
    node: ast.Call, name: str, before: "stages.Flow", after: "stages.Flow", context: Context
) -> None:
    old, new = stages.flatten(before), stages.flatten(after)
    if len(old) != len(new):
        raise Fault(
            errors.control.ShapeNotKept(
                node.span, name, f"{len(old)} tensors", f"{len(new)} tensors", None
            )
        )
    facts = context.builder.facts
    for x, y in zip(old, new, strict=True):
        kept = signatures.same_type(x.type, y.type, facts)
        if not kept:
            raise Fault(
                errors.control.ShapeNotKept(node.span, name, str(x.type), str(y.type), y.span)
            )


def scan(
    node: ast.Call, inputs: Inputs, name: str, owner: str, env: Environment, context: Context
) -> "stages.Flow":
    """`scan(cell, …)`: the cell over axis 1."""
    return scanning.apply(node, inputs, name, owner, env, context)


_WITH_BODY: dict[str, Callable[[ast.Call, Inputs, Environment, Context], Any]] = {
    "repeat": _repeat,
    "share": _share,
    "fork": _fork,
    "residual": _residual,
}
