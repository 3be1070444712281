"""Pipelines where a value is wanted: tensors when something flows in, otherwise a fragment."""

from typing import Any

from ...grammar import ast
from . import evaluate, stages
from .context import Context
from .environment import Environment
from .values import (
    STAGES,
    Combinator,
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerReference,
    LayerStage,
)


def pipeline(node: ast.Pipeline, env: Environment, context: Context) -> Any:
    """`a -> b -> c`: tensors when something flows in, otherwise a fragment."""
    if context.session.decider is not None and _is_stage(node.stages[0], env, context):
        return FragmentStage(node, env)
    head = evaluate.evaluate(node.stages[0], env, context)
    if isinstance(head, STAGES) and not makes_tensors(head):
        return FragmentStage(node, env)
    flow = evaluate.as_tensors(head, node.stages[0], context)
    for place, stage in enumerate(node.stages[1:]):
        mark = context.session.hold(id(node), place)
        flow = stages.apply(stage, stages.flatten(flow), env, context)
        context.session.release(mark)
    return flow


def _is_stage(node: ast.Expression, env: Environment, context: Context) -> bool:
    """Whether a head of a pipeline is a stage, told without deciding the choices in it."""
    match node:
        case ast.Fragment() | ast.For() | ast.Labelled():
            return True
        case ast.Choice(options=options):
            return _is_stage(options[0], env, context)
        case ast.Optional(stage=stage):
            return _is_stage(stage, env, context)
        case ast.Call(body=None, function=function):
            value = evaluate.evaluate(function, env, context)
            named = isinstance(value, Combinator) and value.name == "some"
            return not named and isinstance(value, STAGES) and not makes_tensors(value)
        case ast.Call():
            return True
        case _:
            return False


def makes_tensors(stage: Any) -> bool:
    """Whether a stage has no inputs, so that it makes its tensors where it stands."""
    inner = stage.stage if isinstance(stage, Instance) else stage
    if isinstance(inner, LayerReference | LayerStage):
        return inner.layer.arity[1] == 0
    if isinstance(inner, FunctionReference | FunctionStage):
        reference = inner.reference if isinstance(inner, FunctionStage) else inner
        return not reference.function.inputs
    return False
