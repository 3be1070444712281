"""Pipelines where a value is wanted: tensors when something flows in, otherwise a fragment."""

from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from . import evaluate, meanings, stages, vocabularies
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
    OpenLet,
)


def pipeline(node: ast.Pipeline, env: Environment, context: Context) -> Any:
    """`a -> b -> c`: tensors when something flows in, otherwise a fragment."""
    asked = context.session.decider is not None or isinstance(node.stages[0], ast.Open)
    if asked and is_stage(node.stages[0], env, context):
        return FragmentStage(node, env)
    head = evaluate.evaluate(node.stages[0], env, context)
    if isinstance(head, STAGES) and not makes_tensors(head):
        return FragmentStage(node, env)
    flow = evaluate.as_tensors(head, node.stages[0], context)
    return stages.apply_all(node, node.stages[1:], flow, env, context)


def is_stage(node: ast.Expression, env: Environment, context: Context) -> bool:
    """Whether an expression is a stage, told without deciding the choices in it."""
    match node:
        case ast.Fragment() | ast.For() | ast.Open():
            return True
        case ast.If(then=body):
            return ends_in_stage(body, env, context)
        case ast.Name() | ast.Attribute():
            return _names_stage(node, env, context)
        case ast.Choice(options=options):
            return is_stage(options[0], env, context)
        case ast.Optional(stage=stage) | ast.Labelled(stage=stage):
            return is_stage(stage, env, context)
        case ast.Pipeline(stages=stages):
            return is_stage(stages[0], env, context)
        case ast.Call(body=None, function=function):
            value = evaluate.evaluate(function, env, context)
            if isinstance(value, Combinator) and value.name == "some":
                items, _ = vocabularies.parts_of_some(node)
                return bool(items) and is_stage(items[0], env, context)
            return isinstance(value, STAGES) and not makes_tensors(value)
        case ast.Call():
            return True
        case _:
            return False


def ends_in_stage(body: ast.Body, env: Environment, context: Context) -> bool:
    """Whether the result of braces is a stage, told without running them."""
    last = body.statements[-1] if body.statements else None
    return isinstance(last, ast.Result) and is_stage(last.value, env, context)


def _names_stage(node: ast.Name | ast.Attribute, env: Environment, context: Context) -> bool:
    """Whether a name stands for a stage; that of a file's open `let` decides nothing yet."""
    first: ast.Expression = node
    while isinstance(first, ast.Attribute):
        first = first.value
    if not isinstance(first, ast.Name):
        return False
    found = meanings.meaning(node, env)
    if isinstance(found, OpenLet):
        return is_stage(found.declaration.value, found.home, context)
    try:
        value = evaluate.evaluate(node, env, context)
    except Fault:
        return False  # it is reported where it is used
    return isinstance(value, STAGES) and not makes_tensors(value)


def makes_tensors(stage: Any) -> bool:
    """Whether a stage has no inputs, so that it makes its tensors where it stands."""
    inner = stage.stage if isinstance(stage, Instance) else stage
    if isinstance(inner, LayerReference | LayerStage):
        return inner.layer.arity[1] == 0
    if isinstance(inner, FunctionReference | FunctionStage):
        reference = inner.reference if isinstance(inner, FunctionStage) else inner
        return not reference.function.inputs
    return False
