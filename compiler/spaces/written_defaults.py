"""Writing the defaults of a block as they came out at one use of it.

Comes in: a hyperparameter of the block, and the use. Goes out: the same with nothing open.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand import hyperparameters
from ..expand.decisions import has_choice
from ..expand.values import FunctionStage, LayerReference
from .open_network import Expansion
from .syntax import NotPrintable, bare, literal
from .written_choices import first_value
from .written_place import NOWHERE_USED

_ANYTHING = ast.Name("identity", span=NOWHERE)


def as_used(
    item: ast.Hyperparameter, stage: FunctionStage, write: Callable[[ast.Expression], Any]
) -> Any:
    """The hyperparameter; `write` settles the choices in a default where they were decided."""
    if item.default is not None and item.name not in stage.given and has_choice(item.default):
        with suppress(NotPrintable):
            return bare(item, default=_spelled(stage.values[item.name]))
    return as_decided(item, write)


def as_decided(item: ast.Hyperparameter, write: Callable[[ast.Expression], Any]) -> Any:
    """The hyperparameter of a block that nothing uses, or not with this default."""
    if item.default is None:
        return bare(item)
    written = write(item.default)
    if isinstance(item.default, ast.Open) and written == _ANYTHING:
        return bare(item, default=first_value(hyperparameters.declared(item)))
    return bare(item, default=written)


def _spelled(value: Any) -> Any:
    """A hyperparameter's value as an expression. Raises NotPrintable for a stage with settings."""
    if isinstance(value, LayerReference):
        return ast.Name(value.layer.name, span=NOWHERE)
    return literal(value)


def where_decided(function: ast.Function, expansion: Expansion) -> str:
    """Where most of the choices in a block's defaults were decided: it was given its arguments, as
    by a `let`, and then never used.
    """
    nodes = set().union(*map(_nodes, function.hyperparameters))
    known = {key for key in (*expansion.decided, *expansion.values) if key[1] in nodes}
    places = Counter(place for place, _ in known)
    return places.most_common(1)[0][0] if places else NOWHERE_USED.path


def _nodes(node: ast.Node) -> set[int]:
    return {id(node)}.union(*map(_nodes, ast.children(node)))
