"""Blocks that use themselves behind a choice: every draw must end.

A body that recurses behind a choice states `limit recursion = 6`, how many uses of it may be open
inside one another, or `limit nodes = 200`, how many layers one use of it may make.
"""

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import errors
from .context import Context


def enter(function: ast.Function, use: Span, context: Context) -> None:
    """Refuses a use that goes beyond the limit that the body states."""
    open_uses = context.within.count(id(function))
    limits = {item.name: item for item in function.body.statements if isinstance(item, ast.Limit)}
    if open_uses and not limits:
        raise Fault(errors.spaces.RecursionWithoutLimit(use, function.name_span, function.name))
    if "recursion" in limits:
        value = limits["recursion"].value
        most = value.value if isinstance(value, ast.Number) else 0
        if open_uses >= most:
            raise Fault(errors.spaces.RecursionLimit(use, function.name, int(most)))
