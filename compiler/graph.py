"""The checked, typed graph: what every back end, cost and drawing reads.

A graph is a list of nodes in the order of the program, over numbered values. Blocks are inlined;
`scopes` remember where each stood. Weights are owned by paths: two nodes with the same `owner`
share theirs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ..grammar.record import record
from ..grammar.span import NOWHERE, Span
from .dims import Dim, names
from .hyperparameter import Initialiser
from .layer import Layer
from .types import DType, TensorType


@record
class Weight:
    """A weight or buffer of a node: its full name, shape, dtype, and whether it is trained."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    trainable: bool


@record
class Node:
    """One application of a layer.

    `inputs` and `outputs` index the graph's values. `name` is unique in the graph; `owner` is the
    path of the weights, equal to `name` unless the node shares its weights with an earlier one.
    `tied` maps a weight of this node to the full name of another node's weight that it really is.
    `initialiser` replaces PyTorch's own for the layer's trained weight.
    """

    layer: Layer
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str
    owner: str
    span: Span = field(compare=False, default=NOWHERE, repr=False)
    tied: Mapping[str, str] = field(default_factory=dict)
    initialiser: Initialiser | None = None


@record
class Scope:
    """One use of a block, labelled fragment or turn of a repeat: the nodes `[start, end)`.

    `kind` is `block`, `network`, `fragment` or `turn`; `function` the block's name, empty for
    fragments; `hyperparameters` the values it was used with. `path` is the scope's path, a prefix
    of its nodes' names. Scopes nest and are listed outermost first.
    """

    path: str
    kind: str
    function: str
    hyperparameters: Mapping[str, Any]
    start: int
    end: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@record
class Port:
    """A named input or output of a graph."""

    name: str
    value: int


@record
class RuntimeCheck:
    """A stated fact about axes that only the data can settle: `left operator right`."""

    operator: str
    left: Dim
    right: Dim
    message: str


@record
class Graph:
    """A network whose every shape, dtype and precondition is proved."""

    name: str
    values: tuple[TensorType, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    scopes: tuple[Scope, ...] = ()
    checks: tuple[RuntimeCheck, ...] = ()
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    program: str = ""

    def types(self, values: tuple[int, ...]) -> tuple[TensorType, ...]:
        return tuple(self.values[value] for value in values)

    def weights(self) -> Iterator[Weight]:
        """Every weight once, in the order of first use; tied ones are not counted again."""
        seen: set[str] = set()
        for node in self.nodes:
            if node.owner in seen:
                continue
            seen.add(node.owner)
            yield from self.weights_of(node)

    def weights_of(self, node: Node) -> Iterator[Weight]:
        """The weights that a node owns (shared ones too, tied ones not)."""
        for name, weight in node.layer.weights(*self.types(node.inputs)).items():
            if name not in node.tied:
                yield Weight(f"{node.owner}.{name}", weight.shape, weight.dtype, weight.trainable)

    def symbols(self) -> tuple[str, ...]:
        """The names of the symbolic axes of the inputs, in order."""
        found: dict[str, None] = {}
        for port in self.inputs:
            for size in self.values[port.value].shape:
                found.update(dict.fromkeys(sorted(names(size))))
        return tuple(found)
