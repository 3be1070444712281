"""An operator with its two sides: numbers, lists, conditions, or tensors."""

from collections.abc import Callable, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from .. import errors
from . import arithmetic, evaluate, operators, pipelines, sizes
from .context import Context
from .environment import Environment
from .values import STAGES, Condition, Results, Tensor, describe


def binary(node: ast.Binary, env: Environment, context: Context, symbols: Sequence[str]) -> Any:
    """The value of `left operator right`; between tensors it is a layer."""
    if node.operator in ("and", "or"):
        return _logical(node, env, context)
    reads = context.session.reads
    look = evaluate.evaluate if reads is None else evaluate.handed_on
    left = _left(look, node, env, context, symbols)
    mark = context.session.hold(id(node), left)
    context.session.promise(mark, node, 2)
    right = look(node.right, env, context, symbols)
    context.session.release(mark)
    if type(left) is int and type(right) is int:
        return arithmetic.of_integers(node, left, right)
    left = _operand(node, node.left, left, context)
    right = _operand(node, node.right, right, context)
    if isinstance(left, (Tensor, Results)) or isinstance(right, (Tensor, Results)):
        return operators.binary(node, left, right, context)
    joins = reads is not None and reads.joins(node, left, right)
    result = arithmetic.binary(node, left, right, context.builder.facts)
    if joins:
        reads.join(node, left, right, result)
    long = isinstance(result, (tuple, str))
    return sizes.bounded(result, node, context.session) if long else result


def _left(
    look: Callable[..., Any],
    node: ast.Binary,
    env: Environment,
    context: Context,
    symbols: Sequence[str],
) -> Any:
    """The left side; where layers are limited, what the right one promises is kept in mind."""
    if context.session.ahead is None:
        return look(node.left, env, context, symbols)
    mark = context.session.hold(id(node))
    context.session.promise(mark, node, 1)
    left = look(node.left, env, context, symbols)
    context.session.release(mark)
    return left


def _operand(node: ast.Binary, side: ast.Expression, value: Any, context: Context) -> Any:
    """One side of an operator: a layer without inputs makes its tensor here."""
    if not isinstance(value, STAGES):
        return value
    if pipelines.makes_tensors(value):
        return evaluate.as_tensors(value, side, context)
    raise Fault(errors.flow.StageAsOperand(node.span, node.operator, side.span, describe(value)))


def _logical(node: ast.Binary, env: Environment, context: Context) -> "bool | Condition":
    left = evaluate.condition(node.left, env, context)
    if isinstance(left, bool) and left is (node.operator == "or"):
        return left
    right = evaluate.condition(node.right, env, context)
    return (
        arithmetic.both(left, right) if node.operator == "and" else arithmetic.either(left, right)
    )
