"""How a pass changes a graph: nodes replaced, removed or found to be the same as others.

Comes in: a graph and its weights. Goes out, by `finish`: a graph whose values, scopes, ties and
weights follow from the nodes that are left. What an `Edit` reads is always as edited so far.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph import Graph, Node, Port, Scope
from ..types import TensorType

Array = np.ndarray[Any, Any]
Weights = Mapping[str, Array]
"""NumPy arrays by the full names that `Graph.weights` gives; tied weights stand once."""


class Edit:
    """A graph while it changes. A node keeps its index; a removed one is None."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self.graph = graph
        self.weights = dict(weights)
        self.changed = False
        self.outputs = {port.value for port in graph.outputs}
        self._nodes: list[Node | None] = list(graph.nodes)
        self._same: dict[int, int] = {}
        self._makers = {
            value: index for index, node in enumerate(graph.nodes) for value in node.outputs
        }
        self._uses = Counter(value for node in graph.nodes for value in node.inputs)
        self._uses.update(port.value for port in graph.outputs)
        self._owners = Counter(node.owner for node in graph.nodes)
        self._targets = {name for node in graph.nodes for name in node.tied.values()}

    # --- reading

    def __iter__(self) -> Iterator[tuple[int, Node]]:
        """The nodes that are left, each as it is when its turn comes."""
        for index in range(len(self._nodes)):
            node = self.node(index)
            if node is not None:
                yield index, node

    def node(self, index: int) -> Node | None:
        """A node with its inputs as they are now."""
        node = self._nodes[index]
        if node is None:
            return None
        inputs = tuple(map(self.real, node.inputs))
        return node if inputs == node.inputs else replace(node, inputs=inputs)

    def real(self, value: int) -> int:
        """What stands for a value now."""
        while value in self._same:
            value = self._same[value]
        return value

    def maker(self, value: int) -> tuple[int, Node] | None:
        """The node that makes a value, None for an input of the graph."""
        index = self._makers.get(value)
        node = None if index is None else self.node(index)
        return None if index is None or node is None else (index, node)

    def uses(self, value: int) -> int:
        """How often nodes and outputs of the graph read a value."""
        return self._uses[value]

    def types(self, values: tuple[int, ...]) -> tuple[TensorType, ...]:
        return self.graph.types(values)

    def weight_names(self, node: Node) -> dict[str, str]:
        """The full names of a node's weights, tied ones under the name of what they really are."""
        names = node.layer.weights(*self.types(node.inputs))
        return {name: node.tied.get(name, f"{node.owner}.{name}") for name in names}

    def weight(self, node: Node, name: str) -> Array:
        return self.weights[node.tied.get(name, f"{node.owner}.{name}")]

    def owns_alone(self, node: Node) -> bool:
        """Whether no other node uses the node's weights, and all of them are its own."""
        names = {f"{node.owner}.{name}" for name in self.weight_names(node)}
        return self._owners[node.owner] == 1 and not node.tied and names.isdisjoint(self._targets)

    def fresh_owner(self, node: Node) -> str:
        """A path for the weights of what replaces a node: its name, if no other node has that."""
        if node.owner == node.name and self.owns_alone(node):
            return node.name
        taken = self._owners.keys() | {other.name for other in self.graph.nodes}
        count = 2
        while f"{node.name}_{count}" in taken:
            count += 1
        self._owners[f"{node.name}_{count}"] += 1
        return f"{node.name}_{count}"

    # --- changing

    def remove(self, index: int) -> None:
        """Takes a node out; nothing may read its outputs by the end."""
        self._release(index)
        self._nodes[index] = None
        self.changed = True

    def put(self, index: int, node: Node) -> None:
        """Puts a node in the place of another, whose outputs it makes or takes over."""
        self._release(index)
        self._nodes[index] = node
        self._uses.update(node.inputs)
        self._makers.update(dict.fromkeys(node.outputs, index))
        self.changed = True

    def same(self, value: int, other: int) -> None:
        """Whoever reads `value` reads `other` from now on, which was made before it."""
        other = self.real(other)
        self._same[value] = other
        self._uses[other] += self._uses.pop(value, 0)
        self.changed = True

    def _release(self, index: int) -> None:
        node = self.node(index)
        assert node is not None  # a node is removed once
        self._uses.subtract(node.inputs)

    # --- the end

    def finish(self) -> tuple[Graph, dict[str, Array]]:
        """The graph as edited, and the weights that it declares."""
        nodes = [node for _, node in self]
        made = [value for node in nodes for value in node.outputs]
        numbers = {
            value: number
            for number, value in enumerate([*(port.value for port in self.graph.inputs), *made])
        }
        graph = replace(
            self.graph,
            values=tuple(self.graph.values[value] for value in numbers),
            inputs=tuple(Port(port.name, numbers[port.value]) for port in self.graph.inputs),
            outputs=tuple(
                Port(port.name, numbers[self.real(port.value)]) for port in self.graph.outputs
            ),
            nodes=tuple(_renumbered(node, numbers) for node in nodes),
            scopes=tuple(self._scopes(numbers)),
        )
        graph = self._with_ties(graph)
        return graph, {weight.name: self.weights[weight.name] for weight in graph.weights()}

    def _scopes(self, numbers: Mapping[int, int]) -> Iterator[Scope]:
        """The scopes that still hold something.

        One that shares its weights and lost a node is no longer a use of the same thing as the
        others: it dissolves.
        """
        before = [0]
        for node in self._nodes:
            before.append(before[-1] + (node is not None))
        for scope in self.graph.scopes:
            start, end = before[scope.start], before[scope.end]
            lost = end - start < scope.end - scope.start
            if start == end or (lost and self._shares(scope)):
                continue
            ports = (
                dict.fromkeys(numbers[real] for real in map(self.real, values) if real in numbers)
                for values in (scope.inputs, scope.outputs)
            )
            inputs, outputs = map(tuple, ports)
            yield replace(scope, start=start, end=end, inputs=inputs, outputs=outputs)

    def _shares(self, scope: Scope) -> bool:
        nodes = self.graph.nodes[scope.start : scope.end]
        return any(self._owners[node.owner] > 1 for node in nodes)

    def _with_ties(self, graph: Graph) -> Graph:
        """Where a weight's owner is gone, the first node that was tied to it becomes the owner."""
        declared = {weight.name for weight in graph.weights()}
        moved: dict[str, str] = {}
        for node in graph.nodes:
            for name, target in node.tied.items():
                if target not in declared and target not in moved:
                    moved[target] = f"{node.owner}.{name}"
                    self.weights[moved[target]] = self.weights[target]
        if not moved:
            return graph
        return replace(graph, nodes=tuple(_retied(node, moved) for node in graph.nodes))


def _renumbered(node: Node, numbers: Mapping[int, int]) -> Node:
    inputs = tuple(numbers[value] for value in node.inputs)
    return replace(node, inputs=inputs, outputs=tuple(numbers[value] for value in node.outputs))


def _retied(node: Node, moved: Mapping[str, str]) -> Node:
    tied = {name: moved.get(target, target) for name, target in node.tied.items()}
    own = {name: target for name, target in tied.items() if target != f"{node.owner}.{name}"}
    return node if own == node.tied else replace(node, tied=own)
