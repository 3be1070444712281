"""Computes beforehand what depends on no input."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..graph import Graph, Node, Port
from ..layers.constant import Constant
from ..layers.parameter import Parameter
from ..spelling import symbols_in
from ..types import TensorType, product
from ._edit import Array, Edit, Weights
from ._pass import Pass

Evaluate = Callable[[Graph, Weights], tuple[Array, ...]]
"""Runs a graph without inputs in evaluation mode: its outputs in order."""

_WRITTEN_OUT = 256
"""Results with at most as many elements become a `constant`, which stands in the source."""
_ALWAYS = 65_536
"""Results with at most as many elements are kept even if they take more room than before."""


@dataclass(frozen=True, slots=True)
class ConstantFolding(Pass):
    """Values that depend on no input and that something else reads become a `constant`, or, where
    they are long and real, a `parameter` with the value as its weight.

    Left as they are: values whose size is symbolic, results longer than all that they are made
    from, NaNs, and long integers. `evaluate` runs the part of the graph that is computed.
    """

    evaluate: Evaluate

    def rewrite(self, edit: Edit) -> None:
        inside = _constant_nodes(edit)
        found = list(_frontier(edit, inside))
        if not found:
            return
        graph, weights = _closed(edit, inside, found)
        for (index, node), array in zip(found, self.evaluate(graph, weights), strict=True):
            made = _as_node(edit, node, array)
            if made is not None:
                folded, more = made
                edit.weights.update(more)
                edit.put(index, folded)


Sources = frozenset[tuple[str, int]]
"""The weights and constants that a value is made from, each with its number of elements."""


def _constant_nodes(edit: Edit) -> dict[int, Node]:
    """The nodes that depend on no input and whose result is worth keeping, by index."""
    found: dict[int, Node] = {}
    made_from: dict[int, Sources] = {}
    for index, node in edit:
        if made_from.keys() >= {*node.inputs} and len(node.outputs) == 1 and _is_fixed(edit, node):
            sources = _own_sources(edit, node).union(*(made_from[value] for value in node.inputs))
            if not node.inputs or _worth_it(edit.types(node.outputs)[0], sources):
                found[index] = node
                made_from[node.outputs[0]] = sources
    return found


def _is_fixed(edit: Edit, node: Node) -> bool:
    """Whether neither its sizes nor its settings have a symbolic axis."""
    sizes = tuple(size for type_ in edit.types(node.outputs) for size in type_.shape)
    settings = [getattr(node.layer, item.name) for item in node.layer.hyperparameters()]
    return not any(isinstance(value, Graph) or symbols_in(value) for value in (sizes, *settings))


def _own_sources(edit: Edit, node: Node) -> Sources:
    own = {(name, edit.weights[name].size) for name in edit.weight_names(node).values()}
    if isinstance(node.layer, Constant):
        own.add((node.name, _elements(edit.types(node.outputs)[0])))
    return frozenset(own)


def _worth_it(type_: TensorType, sources: Sources) -> bool:
    size = _elements(type_)
    if size <= _WRITTEN_OUT:
        return True
    return type_.dtype.is_float and size <= max(_ALWAYS, sum(count for _, count in sources))


def _frontier(edit: Edit, inside: Mapping[int, Node]) -> Iterator[tuple[int, Node]]:
    """The computed nodes that the rest of the graph or an output reads."""
    read = {value for index, node in edit if index not in inside for value in node.inputs}
    read.update(map(edit.real, edit.outputs))
    for index, node in inside.items():
        if node.inputs and node.outputs[0] in read:
            yield index, node


def _elements(type_: TensorType) -> int:
    size = product(type_.shape)
    assert isinstance(size, int)  # `_is_fixed`
    return size


def _closed(
    edit: Edit, inside: Mapping[int, Node], found: list[tuple[int, Node]]
) -> tuple[Graph, dict[str, Array]]:
    """What leads to the values, as a graph without inputs, and its weights."""
    wanted = {node.outputs[0] for _, node in found}
    nodes: list[Node] = []
    for node in reversed(list(inside.values())):
        if not wanted.isdisjoint(node.outputs):
            wanted.update(node.inputs)
            nodes.insert(0, node)
    # A tie may lead to a layer that is not among them: each weight stands under its owner.
    nodes = [replace(node, tied={}) if node.tied else node for node in nodes]
    outputs = tuple(Port(node.name, node.outputs[0]) for _, node in found)
    graph = replace(
        edit.graph, inputs=(), outputs=outputs, nodes=tuple(nodes), scopes=(), checks=()
    )
    weights: dict[str, Array] = {}
    for node in inside.values():
        for name, full in edit.weight_names(node).items():
            weights[f"{node.owner}.{name}"] = edit.weights[full]
    return graph, {weight.name: weights[weight.name] for weight in graph.weights()}


def _as_node(edit: Edit, node: Node, array: Array) -> tuple[Node, dict[str, Array]] | None:
    """The node that gives an array; None for NaNs, which equal nothing."""
    (type_,) = edit.types(node.outputs)
    if type_.dtype.is_float and np.isnan(array.astype(np.float64)).any():
        return None
    owner = edit.fresh_owner(node)
    plain = replace(node, inputs=(), owner=owner, tied={}, initialiser=None)
    if array.size <= _WRITTEN_OUT:
        value = _nested(array.tolist())
        return replace(plain, layer=Constant(value=value, dtype=type_.dtype)), {}
    layer = Parameter(shape=array.shape, dtype=type_.dtype)
    return replace(plain, layer=layer), {f"{owner}.weight": array}


def _nested(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(map(_nested, value)) if isinstance(value, list) else value
