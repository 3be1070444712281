"""A graph as networkx knows graphs: for analyses, layouts and isomorphism.

Comes in: a checked graph. Goes out: a `networkx.MultiDiGraph` whose nodes are the names of inputs,
layers and outputs, and whose edges are the values that flow. An output is a node of its own, named
`output:<name>`, for it may be called as an input or a layer is; so is an input, `input:<name>`.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_module
from .graph import Graph
from .types import TensorType

if TYPE_CHECKING:
    import networkx
else:
    networkx = lazy_module("networkx")


def to_networkx(graph: Graph) -> "networkx.MultiDiGraph":
    """Nodes have `kind` (input, layer, output), `layer`, `hyperparameters` and `span`; edges have
    `type`, `shape`, `dtype`, `output` and `input`, the ports they join, counted from 0.
    """
    result = networkx.MultiDiGraph(name=graph.name)
    origin: dict[int, tuple[str, int]] = {}
    for index, port in enumerate(graph.inputs):
        result.add_node(f"input:{port.name}", kind="input", layer="input", index=index)
        origin[port.value] = f"input:{port.name}", 0
    for node in graph.nodes:
        settings = {
            item.name: getattr(node.layer, item.name) for item in node.layer.hyperparameters()
        }
        result.add_node(
            node.name,
            kind="layer",
            layer=node.layer.name,
            hyperparameters=settings,
            owner=node.owner,
        )
        for place, value in enumerate(node.inputs):
            _connect(result, origin[value], node.name, place, graph.values[value])
        origin.update({value: (node.name, place) for place, value in enumerate(node.outputs)})
    for index, port in enumerate(graph.outputs):
        result.add_node(f"output:{port.name}", kind="output", layer="output", index=index)
        _connect(result, origin[port.value], f"output:{port.name}", 0, graph.values[port.value])
    return result


def _connect(
    graph: "networkx.MultiDiGraph",
    origin: tuple[str, int],
    target: str,
    place: int,
    flowing: TensorType,
) -> None:
    source, output = origin
    shape = tuple(size if isinstance(size, int) else str(size) for size in flowing.shape)
    graph.add_edge(
        source,
        target,
        output=output,
        input=place,
        type=str(flowing),
        dtype=flowing.dtype.name,
        shape=shape,
    )
