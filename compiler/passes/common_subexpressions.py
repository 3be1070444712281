"""Computes once what is computed twice."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..graph import Graph, Node
from ._edit import Edit
from ._pass import Pass, Property

_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})


def _repeated(graph: Graph) -> str:
    return next((node.name for _, node, _ in _repetitions(Edit(graph, {}))), "")


NO_REPEATS = Property("no two nodes compute the same", _repeated)


@dataclass(frozen=True, slots=True)
class CommonSubexpressions(Pass):
    """Of several nodes with the same layer, inputs and weights the first one is kept.

    Layers that are random in training are left alone: two of them are two draws.
    """

    ensures: ClassVar[tuple[Property, ...]] = (NO_REPEATS,)

    def rewrite(self, edit: Edit) -> None:
        for index, node, first in _repetitions(edit):
            edit.remove(index)
            for value, same in zip(node.outputs, first.outputs, strict=True):
                edit.same(value, same)


def _repetitions(edit: Edit) -> Iterator[tuple[int, Node, Node]]:
    """Each node that repeats an earlier one, and that one."""
    seen: dict[Hashable, list[Node]] = {}
    for index, node in edit:
        if node.layer.stochastic:
            continue
        alike = seen.setdefault(_key(edit, node), [])
        # Layers that hold graphs can be compared and not hashed.
        first = next((other for other in alike if other.layer == node.layer), None)
        if first is None:
            alike.append(node)
        else:
            yield index, node, first


def _key(edit: Edit, node: Node) -> Hashable:
    """All but the settings. The types of the outputs tell 1 from 1.0 in a constant."""
    swaps = node.layer.name in _COMMUTATIVE and len(node.inputs) == 2
    inputs = tuple(sorted(node.inputs)) if swaps else node.inputs
    weights = tuple(sorted(edit.weight_names(node).items()))
    return node.layer.name, inputs, weights, edit.types(node.outputs)
