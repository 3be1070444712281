"""Names of axes that a stated equation has taken away: `require T == S` leaves only one of the two.

Comes in: checks and nodes as they were collected. Goes out: the same in the names that the inputs
still have. The equation itself stands in the inputs' own sizes, which are checked whenever the
network runs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..dims import Axis, Dim, axis, names, substitute
from ..facts import Facts
from ..graph import Node, RuntimeCheck
from ..types import TensorType

Told = Mapping[str, Dim]
"""What a lost name is equal to."""
NO_NAMES: Told = {}


def names_told(before: Iterable[TensorType], after: Iterable[TensorType], facts: Facts) -> Told:
    """The names of the inputs' types as written that their types under the facts have lost."""
    lost = _names(before) - _names(after)
    return {name: facts.normal(axis(name)) for name in sorted(lost)}


def _names(types: Iterable[TensorType]) -> frozenset[str]:
    return frozenset(name for type_ in types for size in type_.shape for name in names(size))


def remaining_checks(checks: Iterable[RuntimeCheck], told: Told) -> Iterator[RuntimeCheck]:
    """What the inputs' own sizes do not say already."""
    for check in checks:
        left, right = substitute(check.left, told), substitute(check.right, told)
        if left != right:
            yield replace(check, left=left, right=right)


def retold_nodes(nodes: Iterable[Node], told: Told) -> Iterable[Node]:
    """Layers may have been given a size, as in `arange(T)`, before the equation was stated."""
    return [_retold_node(node, told) for node in nodes] if told else nodes


def _retold_node(node: Node, told: Told) -> Node:
    names_of = [item.name for item in node.layer.hyperparameters()]
    settings = {name: getattr(node.layer, name) for name in names_of}
    changed = {name: _retold(value, told) for name, value in settings.items()}
    return node if changed == settings else replace(node, layer=type(node.layer)(**changed))


def _retold(value: Any, told: Told) -> Any:
    match value:
        case Axis():
            return substitute(value, told)
        case tuple():
            return tuple(_retold(item, told) for item in value)
    return value
