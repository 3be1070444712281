"""JSON: the answer of `archc show --json`, with the nodes and edges of the drawing.

The keys `network`, `params`, `flops`, `inputs`, `outputs` and `layers` are read by programs
outside. An expression over axes, where a size is open, is its text.
"""

import json
from collections.abc import Sequence
from typing import Any

from ..cost import (
    Row,
    UnknownSizes,
    activations_dim,
    longest_path,
    peak_memory,
    sizes_of,
    weight_bytes,
)
from ..cost import layers as count_layers
from ..dims import Dim
from ..graph import Graph, Port
from ..hash import graph_hash
from ..types import TensorType
from ._picture import Box, Picture, edges, leaves
from ._spelling import spell_layer

SCHEMA_VERSION = 1


def draw(picture: Picture, depth: int | None) -> str:
    """The answer as JSON; all blocks stand open unless `depth` says how many levels do."""
    answer = {"schema_version": SCHEMA_VERSION, **facts(picture, depth)}
    return json.dumps(answer, indent=2) + "\n"


def facts(picture: Picture, depth: int | None) -> dict[str, Any]:
    """All that `archc show` knows, as plain data."""
    graph = picture.graph
    flops = sum((row.flops for row in picture.rows), 0)
    return {
        "network": graph.name,
        "hash": graph_hash(graph),
        "params": sum(row.params for row in picture.rows),
        "flops": _plain(flops),
        "activations": _plain(activations_dim(graph, sizes_of(graph, picture.sizes))),
        "weight_bytes": weight_bytes(graph),
        "peak_memory": _peak(picture),
        "layer_count": count_layers(graph),
        "longest_path": longest_path(graph),
        "inputs": _ports(graph, graph.inputs),
        "outputs": _ports(graph, graph.outputs),
        "layers": [_layer(row) for row in picture.rows],
        **_drawing(picture, depth),
    }


def _plain(count: Dim) -> int | str:
    return count if isinstance(count, int) else str(count)


def _shape(found: TensorType) -> list[int | str]:
    return [_plain(size) for size in found.shape]


def _ports(graph: Graph, ports: Sequence[Port]) -> list[dict[str, Any]]:
    return [
        {"name": port.name, "dtype": found.dtype.name, "shape": _shape(found)}
        for port in ports
        for found in [graph.values[port.value]]
    ]


def _peak(picture: Picture) -> int | None:
    try:
        return peak_memory(picture.graph, picture.sizes).total
    except UnknownSizes:
        return None


def _layer(row: Row) -> dict[str, Any]:
    return {
        "name": row.node.name,
        "layer": row.node.layer.name,
        "text": spell_layer(row.node.layer),
        "dtype": row.outputs[0].dtype.name,
        "shape": _shape(row.outputs[0]),
        "outputs": [str(found) for found in row.outputs],
        "weights": row.node.owner,
        "params": row.params,
        "flops": _plain(row.flops),
        "bytes": _plain(row.bytes),
    }


def _drawing(picture: Picture, depth: int | None) -> dict[str, Any]:
    boxes = picture.folded(depth)
    drawn: list[Box] = [*picture.inputs, *leaves(boxes), *picture.outputs]
    return {
        "nodes": [
            {"key": box.key, "kind": box.kind, "text": box.headline, "family": box.family}
            for box in drawn
        ],
        "edges": [
            {"from": edge.source, "to": edge.target, "type": str(edge.type)}
            for edge in edges(picture, boxes)
        ],
        "scopes": [
            {"path": scope.path, "kind": scope.kind, "function": scope.function}
            for scope in picture.graph.scopes
        ],
    }
