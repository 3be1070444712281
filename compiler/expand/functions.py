"""Using a block or a network: its own names, its body inlined under its path, its signature checked
on both sides.
"""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors
from . import evaluate, recursion, signatures, stages, statements
from .context import Context, step_into
from .environment import Environment
from .session import Poisoned
from .values import FunctionStage, Poison, Tensor


def apply(
    stage: FunctionStage,
    inputs: Sequence[Tensor],
    name: str,
    owner: str,
    use: Span,
    context: Context,
) -> "stages.Flow":
    """What flows out of a block, fed with `inputs`, under the path `name`."""
    function = stage.reference.function
    if function.kind == "cell":
        raise Fault(errors.cells.CellOutsideScan(use, function.name))
    context.session.deepest = max(context.session.deepest, len(context.trail) + 1)
    if len(context.trail) >= context.session.limits.depth:
        raise Fault(errors.limits.TooDeep(use, function.name, context.session.limits.depth))
    context.session.entered.add(id(function))
    env = environment_of(stage)
    mark = context.session.hold(stage, *inputs)
    signatures.bind_inputs(function, function.inputs, inputs, env, context, use)
    if context.session.decider is not None:
        recursion.enter(stage.reference, env, use, context)
    context.session.release(mark)
    inner = context.open(name, function.body, owner=owner, home=stage.reference.home)
    inner = inner.enter(step_into(function.kind, function.name, use), function)
    values = {key: value for key, value in stage.values.items() if not callable(value)}
    scope = context.builder.begin(inner.path, function.kind, function.name, values, inputs)
    outputs = results_of(function, env, inner)
    context.builder.end(scope, outputs)
    try:
        names = signatures.check_outputs(function, outputs, env, inner)
    except Fault as fault:
        context.session.report(fault.diagnostic, inner.trail)
        raise Poisoned from None
    return stages.gather(outputs, names)


def environment_of(stage: FunctionStage) -> Environment:
    """A scope with the hyperparameters, over the names of the function's file."""
    env = Environment(stage.reference.home)
    for item in stage.reference.function.hyperparameters:
        env.replace(item.name, stage.values[item.name], item.span)
    return env


def results_of(function: ast.Function, env: Environment, context: Context) -> tuple[Tensor, ...]:
    """Runs the body and returns the tensors of its result."""
    recursion.look_ahead(function, context)
    mark = context.session.hold(id(function), signatures.known_to_types(function, env))
    context.session.follows(mark, function, 0, env)
    try:
        result: Any = statements.run_body(function.body, env, context)
        context.session.release(mark)
        if result is None:
            raise Fault(errors.flow.NoResult(function.body.span))
        if isinstance(result, Poison):
            raise Poisoned
        flow = evaluate.as_tensors(result, result_of(function.body), context)
        if not stages.flatten(flow):
            raise Fault(errors.flow.NoResult(function.body.span))
    except Fault as fault:
        context.session.report(fault.diagnostic, context.trail)
        raise Poisoned from None
    return stages.flatten(flow)


def result_of(body: ast.Body) -> ast.Expression:
    """The expression that is the result of a body which has one."""
    found = [item.value for item in body.statements if isinstance(item, ast.Result)]
    return found[-1]
