"""Writing the defaults of a block as they came out at one use of it.

Comes in: a hyperparameter of the block, and the use. Goes out: the same with nothing open.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.decisions import has_choice
from ..expand.values import FunctionStage, LayerReference
from .syntax import NotPrintable, bare, literal

_ANYTHING = ast.Name("identity", span=NOWHERE)


def as_used(
    item: ast.Hyperparameter, stage: FunctionStage, write: Callable[[ast.Expression], Any]
) -> Any:
    """The hyperparameter; `write` settles the choices in a default where they were decided."""
    if item.default is None:
        return bare(item)
    if item.name in stage.given and _draws(item.default):  # nobody drew, and nobody uses it
        return bare(item, default=_ANYTHING)
    if item.name not in stage.given and has_choice(item.default):
        with suppress(NotPrintable):
            return bare(item, default=spelled(stage.values[item.name]))
    return bare(item, default=write(item.default))


def spelled(value: Any) -> Any:
    """A hyperparameter's value as an expression. Raises NotPrintable for a stage with settings."""
    if isinstance(value, LayerReference):
        return ast.Name(value.layer.name, span=NOWHERE)
    return literal(value)


def _draws(node: ast.Node) -> bool:
    """Whether `any` or `some` is in a piece of text."""
    called = node.function if isinstance(node, ast.Call) else None
    drawn = isinstance(called, ast.Name) and called.id in ("any", "some")
    return drawn or any(map(_draws, ast.children(node)))
