"""Applying what stands after an arrow: layers, blocks, fragments, and the forms that take a
body.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import replaced
from .. import cost, errors
from . import (
    adding,
    alike,
    arguments,
    closed,
    combinators,
    decisions,
    evaluate,
    fragments,
    hyperparameters,
    lookup,
    retrying,
    vocabularies,
)
from .context import Context, join
from .environment import Environment
from .holding import Identity
from .naming import OPENS_PATH, last_part
from .remembered import by_identity
from .session import Poisoned
from .values import (
    Combinator,
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerReference,
    LayerStage,
    Poison,
    Results,
    Tensor,
    describe,
)

Flow = Tensor | Results
Inputs = tuple[Tensor, ...]

# What costs about as much time as so many expressions.
NODE_WORK = 24
SCOPE_WORK = 48


def flatten(flow: Flow) -> Inputs:
    return (flow,) if isinstance(flow, Tensor) else flow.items


def gather(tensors: Sequence[Tensor], names: Sequence[str | None] = ()) -> Flow:
    """One tensor as itself, several as results."""
    if len(tensors) == 1:
        return tensors[0]
    return Results(tuple(tensors), tuple(names) or (None,) * len(tensors))


def apply(node: ast.Expression, inputs: Inputs, env: Environment, context: Context) -> Flow:
    """What flows out of a stage when `inputs` flow in."""
    if context.session.holds is not None and decides(node):
        flow: Flow = retrying.attempt(_apply, node, inputs, env, context)
        return flow
    return _apply(node, inputs, env, context)


@by_identity
def decides(node: ast.Expression) -> bool:
    """Whether a stage is a choice itself, or a call with choices among its arguments."""
    if isinstance(node, ast.Call):
        return node.body is None and decisions.has_choice(node)
    return isinstance(node, (ast.Choice, ast.Optional, ast.Open))


def _apply(node: ast.Expression, inputs: Inputs, env: Environment, context: Context) -> Flow:
    context.session.spend(node.span, 1 + len(inputs) // 16)
    return _WAYS.get(type(node), _valued)(node, inputs, env, context)


def _valued(node: ast.Expression, inputs: Inputs, env: Environment, context: Context) -> Flow:
    return apply_value(evaluate.evaluate(node, env, context), inputs, node, context)


def _called(node: ast.Expression, inputs: Inputs, env: Environment, context: Context) -> Flow:
    """A name, or a call, which may decide on its arguments."""
    if isinstance(node, ast.Call) and node.body is not None:
        return _with_body(node, inputs, env, context)
    session = context.session
    mark = session.hold(*inputs)
    session.argued, session.flowing = None, inputs
    value = evaluate.evaluate(node, env, context)
    session.flowing = None
    session.release(mark)
    return apply_value(value, inputs, node, context)


def _any_layer(node: ast.Open, inputs: Inputs, env: Environment, context: Context) -> Flow:
    return _chosen(vocabularies.built_in(Identity(node)), inputs, env, context)


def _labelled(node: ast.Labelled, inputs: Inputs, env: Environment, context: Context) -> Flow:
    """A label opens a path for braces; a layer or block takes it as its name."""
    stage = node.stage
    braces = isinstance(stage, (ast.Fragment, ast.If)) or (
        isinstance(stage, ast.Call) and stage.body is not None and not _opens_path(stage)
    )
    if not braces:
        return apply(stage, inputs, env, context)
    inner = context.open(node.label, stage)
    scope = context.builder.begin(inner.path, "fragment", "", {}, inputs)
    flow = apply(stage, inputs, env, inner)
    context.builder.end(scope, flatten(flow))
    return flow


def _opens_path(node: ast.Call) -> bool:
    return last_part(node.function) in OPENS_PATH


def _chain(node: ast.Pipeline, inputs: Inputs, env: Environment, context: Context) -> Flow:
    return apply_all(node, node.stages, gather(inputs), env, context)


def apply_all(
    node: ast.Pipeline,
    chain: Sequence[ast.Expression],
    flow: Flow,
    env: Environment,
    context: Context,
) -> Flow:
    """What flows out of the stages of a pipeline, one after another."""
    after = len(node.stages) - len(chain) + 1

    def step(place: int, flow: Flow) -> Flow:
        mark = context.session.hold(id(node), place)
        context.session.promise(mark, node, after + place)
        context.session.follows(mark, node, after + place, env)
        flow = _apply(chain[place], flatten(flow), env, context)  # this step is its attempt
        context.session.release(mark)
        return flow

    return retrying.one_by_one(len(chain), step, flow, context)


def _chosen(
    node: ast.Choice | ast.Optional, inputs: Inputs, env: Environment, context: Context
) -> Flow:
    """The option decided on, applied. A value that was chosen may be a stage too."""
    inner = context
    if context.naming and not context.hint:
        named = context.name_of(node)
        inner = replaced(context, hint=named) if named else context
    if context.session.reads is not None and id(node) not in context.frozen:
        context.session.decider.expect_one_of(node, inputs, env, inner)
    if id(node) not in context.frozen:
        context.session.look_on(node, env, inputs, context.builder)
    mark = context.session.hold(*inputs)
    option = decisions.option(node, env, inner)
    context.session.release(mark)
    context.session.expect_room(option, context.builder)
    again = _apply if isinstance(option, ast.Call | ast.Name) else apply  # attempted as one stage
    return again(option, inputs, env, context)


def _braces(node: ast.Expression, inputs: Inputs, env: Environment, context: Context) -> Flow:
    match node:
        case ast.Fragment():
            return fragments.run(node.body, inputs, Environment(env), context)
        case ast.If():
            mark = context.session.hold(inputs)
            taken = evaluate.decided(node.condition, env, context)
            context.session.release(mark)
            if taken:
                return fragments.run(node.then, inputs, Environment(env), context)
            if node.otherwise is not None:
                return fragments.run(node.otherwise, inputs, Environment(env), context)
            return gather(inputs)
        case ast.For():
            return combinators.for_each(node, inputs, env, context)
        case _:
            raise AssertionError(node)


def _with_body(node: ast.Call, inputs: Inputs, env: Environment, context: Context) -> Flow:
    function = evaluate.evaluate(node.function, env, context)
    if not isinstance(function, Combinator):
        raise Fault(errors.calls.NoBody(node.span, describe(function)))
    return combinators.apply(function.name, node, inputs, env, context)


def call(function: Any, node: ast.Call, env: Environment, context: Context) -> Any:
    """`f(arguments)` for a stage `f`: the stage with its hyperparameters."""
    match function:
        case FunctionReference():
            return hyperparameters.bind_function(function, node, env, context)
        case Combinator(name="scan"):
            return FragmentStage(node, env)
        case Combinator(name="any"):
            return vocabularies.any_of(node, env, context)
        case Combinator():
            raise Fault(errors.calls.BodyMissing(node.span, function.name))
        case LayerStage() | FunctionStage() | FragmentStage() | Instance() if not node.arguments:
            return function
        case _:
            raise Fault(errors.calls.CalledTwice(node.span, describe(function)))


def apply_value(value: Any, inputs: Inputs, node: ast.Expression, context: Context) -> Flow:
    """Applies the value of a name or call. The node names it and is where errors stand."""
    name = context.name_of(node) or context.fresh(_base(node))
    return use(value, inputs, name, node, context)


def _base(node: ast.Expression) -> str:
    return last_part(node.function if isinstance(node, ast.Call) else node)


def use(
    value: Any,
    inputs: Inputs,
    name: str,
    node: ast.Expression,
    context: Context,
    owner: str | None = None,
) -> Flow:
    """Applies a stage under a name; `owner` is the path of its weights where that is another."""
    owner = join(context.owner, name) if owner is None else owner
    match value:
        case LayerReference():
            return use(
                arguments.bind_layer(value, None, None, context, node.span),
                inputs,
                name,
                node,
                context,
                owner,
            )
        case LayerStage():
            context.session.spend(node.span, NODE_WORK)
            if context.session.ahead is not None:
                context.session.ahead.expect(cost.counts(value.layer), context.builder)
            made = adding.add(value, inputs, join(context.path, name), owner, node.span, context)
            return gather(made)
        case FunctionReference():
            mark = context.session.hold(*inputs)
            stage = hyperparameters.bind_function(value, None, None, context, node.span)
            context.session.release(mark)
            return use(stage, inputs, name, node, context, owner)
        case FunctionStage():
            context.session.spend(node.span, SCOPE_WORK)
            written = context.written or (context.place, id(node))
            context.session.applied.setdefault(written, (join(context.place, name), value))
            context = replaced(context, written=None)
            return closed.apply(value, inputs, name, owner, node.span, context)
        case FragmentStage():
            return _closure(value, inputs, name, owner, node, context)
        case Instance():
            if value.home is not context.builder:
                raise Fault(errors.weights.SharedIntoCell(node.span, name, value.span))
            root = join(context.place, name)
            inner = context.inside(value, root)
            return use(value.stage, inputs, name, node, inner, value.owner)
        case _:
            return _refuse(value, node)


def _refuse(value: Any, node: ast.Expression) -> NoReturn:
    """No stage stands where one is wanted; a tensor may hide a layer of the same name."""
    match value:
        case Combinator(name="scan"):
            raise Fault(errors.cells.ScanNeedsCell(node.span, "nothing"))
        case Combinator(name="any"):
            raise Fault(errors.spaces.NotAVocabulary(node.span, "none"))
        case Combinator(name="some"):
            raise Fault(errors.spaces.BadSubset(node.span))
        case Combinator():
            raise Fault(errors.calls.BodyMissing(node.span, value.name))
        case Poison():
            raise Poisoned
        case _:
            hidden = lookup.hidden_layer(node.span.text)
            raise Fault(errors.flow.NotAStage(node.span, describe(value), hidden))


def _closure(
    value: FragmentStage,
    inputs: Inputs,
    name: str,
    owner: str,
    node: ast.Expression,
    context: Context,
) -> Flow:
    """A recipe or argument: its own path under the name it is used by. A bare `scan(cell)` takes
    the name itself.
    """
    inner_node = value.expression
    if context.level >= context.session.limits.depth:
        raise Fault(errors.limits.TooDeep(node.span, name, context.session.limits.depth))
    env = Environment(value.environment)
    if isinstance(inner_node, ast.Call) and inner_node.body is None:
        if context.written is None and inner_node is not node:  # each use of the name is its own
            path = join(context.place, name)
            context.session.applied.setdefault((context.place, id(node)), (path, value))
            context = replaced(context, written=(path, id(inner_node)))
        if value.frozen:
            context = replaced(context, frozen={**context.frozen, **value.frozen})
        return combinators.scan(inner_node, inputs, name, owner, env, context)
    inner = context.open(name, inner_node, owner=owner, level=context.level + 1)
    inner = replaced(inner, frozen={**inner.frozen, **value.frozen}) if value.frozen else inner
    context.session.spend(node.span, SCOPE_WORK)
    written = context.written or (context.place, id(node))
    context.session.applied.setdefault(written, (inner.place, value))
    inner = replaced(inner, written=None)
    scope = context.builder.begin(inner.path, "fragment", "", _nothing, inputs)
    each = value.frozen.get(id(inner_node)) if value.frozen else None
    if isinstance(each, alike.Each) and isinstance(inner_node, ast.Choice | ast.Optional):
        flow: Flow = alike.applied(apply, inner_node, inputs, env, inner, each)
    else:
        flow = apply(inner_node, inputs, env, inner)
    context.builder.end(scope, flatten(flow))
    return flow


_nothing: Mapping[str, Any] = {}
_WAYS: Mapping[type, Callable[[Any, Inputs, Environment, Context], Flow]] = {
    ast.Choice: _chosen,
    ast.Optional: _chosen,
    ast.Name: _called,
    ast.Attribute: _called,
    ast.Call: _called,
    ast.Labelled: _labelled,
    ast.Pipeline: _chain,
    ast.Fragment: _braces,
    ast.If: _braces,
    ast.For: _braces,
    ast.Open: _any_layer,
}
