"""Removes what no output needs."""

from dataclasses import dataclass
from typing import ClassVar

from ..graph import Graph
from ._edit import Edit
from ._pass import Pass, Property


def _unused(graph: Graph) -> str:
    """The first node none of whose outputs is read."""
    read = {value for node in graph.nodes for value in node.inputs}
    read.update(port.value for port in graph.outputs)
    return next((node.name for node in graph.nodes if read.isdisjoint(node.outputs)), "")


ALL_USED = Property("something reads every node", _unused)


@dataclass(frozen=True, slots=True)
class DeadCode(Pass):
    """Keeps the nodes from which an output can be reached, and their weights. Inputs stay."""

    ensures: ClassVar[tuple[Property, ...]] = (ALL_USED,)

    def rewrite(self, edit: Edit) -> None:
        for index, node in reversed(list(edit)):
            if not any(edit.uses(value) for value in node.outputs):
                edit.remove(index)
