"""Lists, and tensors side by side."""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from . import evaluate, sizes, stages
from .context import Context
from .environment import Environment
from .values import Results


def items(
    node: ast.List | ast.Tuple, env: Environment, context: Context, symbols: Sequence[str]
) -> Any:
    """The value of a list; tensors side by side for what stands in parentheses."""
    reads, rests = context.session.reads, list[Any]()
    found: list[Any] = []
    mark = context.session.hold(id(node), found)
    for item in node.items:
        if not isinstance(node, ast.List):
            found.append(evaluate.tensors(item, env, context))
        elif reads is None:
            found.append(evaluate.evaluate(item, env, context, symbols))
        else:
            opened = reads.open()
            found.append(evaluate.handed_on(item, env, context, symbols))
            rests.append(reads.close(opened))
        context.session.moved(mark)
    context.session.release(mark)
    if isinstance(node, ast.List):
        value = sizes.bounded(tuple(found), node, context.session)
        if reads is not None:
            reads.list(value, rests)
            reads.seen(node, value)
        return value
    flat = sizes.joined([stages.flatten(item) for item in found], node.span, context.session)
    return Results(flat, (None,) * len(flat))
