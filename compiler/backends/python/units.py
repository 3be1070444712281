"""From a graph to units: which modules each holds, and what its `forward` says.

Comes in: a graph. Goes out: its root as a unit, with all others below it.
"""

from collections.abc import Sequence

from ...graph import Graph
from ...lowering import TorchCode
from ...spelling import function_names, parameter_names
from ...variables import POOL
from .forward import write_forward
from .holding import hold
from .model import Unit
from .paste import Support
from .scopes import Refused, Scopes


def root_of(graph: Graph, support: Support, *, nested: bool = False) -> Unit:
    """The graph as a unit. The body of a scan is `nested`: it states no facts about its inputs."""
    codes = [node.layer.to_torch(*graph.types(node.inputs)) for node in graph.nodes]
    refused: set[int] = set()
    while True:
        try:
            root = Scopes(graph, codes, refused).tree()
            _fill(root, graph, codes, support, nested)
            return root
        except Refused as answer:
            refused.update(answer.numbers)


def _fill(
    unit: Unit, graph: Graph, codes: Sequence[TorchCode], support: Support, nested: bool
) -> None:
    """Children first: a tie at the root reaches through what they hold."""
    for child in unit.children:
        _fill(child, graph, codes, support, nested)
    unit.types = graph.types(unit.inputs), graph.types(unit.outputs)
    unit.parameters = (
        _numbered(len(unit.inputs)) if unit.path else parameter_names(graph, function_names(codes))
    )
    hold(unit, graph, codes, support, lambda body: root_of(body, support, nested=True))
    write_forward(unit, graph, codes, support, facts=not unit.path and not nested)


def _numbered(count: int) -> list[str]:
    if count <= len(POOL):
        return list(POOL[:count])
    return [f"x{index}" for index in range(1, count + 1)]
