"""What a network costs, from its types alone: parameters, operations, memory. Nothing is built.

Comes in: a graph, or any stretch of nodes over typed values. Goes out: exact integers. A multiply-
add counts as two operations. Axis 0 of the network's inputs is the batch and counts as one; every
other symbolic axis needs a size, else `UnknownSizes` names the ones that are missing, and the
functions that end in `_dim` give the expression.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from ..grammar.record import record
from . import rules
from .dims import Axis, Dim, Symbol, names, substitute, terms_of
from .graph import Graph, Node, Weight
from .layer import Layer
from .types import TensorType

Sizes = Mapping[str, int]


class Part(Protocol):
    """What the functions read of a graph; the checker hands in stretches of one that is not
    finished.
    """

    @property
    def nodes(self) -> Sequence[Node]: ...

    @property
    def values(self) -> Sequence[TensorType]: ...


@record
class Stretch:
    """Some nodes of a graph, over its values."""

    nodes: Sequence[Node]
    values: Sequence[TensorType]


class UnknownSizes(ValueError):
    """A cost depends on axes whose sizes nobody gave. `axes` names them."""

    def __init__(self, what: str, cost: Dim) -> None:
        self.axes = tuple(sorted(names(cost)))
        given = " ".join(f"--set {name}=128" for name in self.axes)
        super().__init__(f"{what} are {cost}: give sizes, as by {given}")


def batch_axes(inputs: Iterable[TensorType]) -> dict[str, int]:
    """The names that stand at axis 0 of inputs, each counted as one."""
    found: dict[str, int] = {}
    for x in inputs:
        atoms = _atoms(x.shape[0]) if x.shape else ()
        found.update((atom.name, 1) for atom in atoms if isinstance(atom, Symbol))
    return found


def _atoms(size: Dim) -> Iterator[object]:
    for monomial in terms_of(size):
        yield from monomial


def sizes_of(graph: Graph, sizes: Sizes | None = None) -> Sizes:
    """The sizes to count with: one for the batch, and those given."""
    return batch_axes(graph.values[port.value] for port in graph.inputs) | dict(sizes or {})


def settle(cost: Dim, sizes: Sizes) -> Dim:
    """The cost with sizes put in: an int, or what is left of the expression."""
    return cost if isinstance(cost, int) else substitute(cost, sizes)


def exact(what: str, cost: Dim) -> int:
    """The cost where it is a number. Raises UnknownSizes."""
    if isinstance(cost, Axis):
        raise UnknownSizes(what, cost)
    return cost


# --- Parameters ----------------------------------------------------------------------------------


def owned_weights(node: Node, values: Sequence[TensorType]) -> Iterator[Weight]:
    """The weights and buffers that a node owns; a tied one belongs to another node."""
    inputs = (values[value] for value in node.inputs)
    for name, weight in node.layer.weights(*inputs).items():
        if name not in node.tied:
            yield Weight(f"{node.owner}.{name}", weight.shape, weight.dtype, weight.trainable)


def _weights(part: Part) -> Iterator[Weight]:
    seen: set[str] = set()
    for node in part.nodes:
        if node.owner not in seen:
            seen.add(node.owner)
            yield from owned_weights(node, part.values)


def _count(shape: Sequence[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def params(part: Part) -> int:
    """The trained numbers: shared and tied weights once, buffers not at all."""
    seen: set[str] = set()
    total = 0
    for node in part.nodes:
        if node.owner not in seen:
            seen.add(node.owner)
            total += node_params(node, part.values)
    return total


def node_params(node: Node, values: Sequence[TensorType]) -> int:
    """The trained numbers that a node owns."""
    rule = None if node.tied else rules.known(node.layer, _types(values, node.inputs))
    if rule is not None:
        return rules.params(rule)
    return sum(_count(weight.shape) for weight in owned_weights(node, values) if weight.trainable)


def weight_bytes(part: Part) -> int:
    """The memory of all weights and buffers."""
    return sum(_count(weight.shape) * weight.dtype.bytes for weight in _weights(part))


# --- Operations ----------------------------------------------------------------------------------


def node_flops(node: Node, values: Sequence[TensorType]) -> Dim:
    return node.layer.flops(_types(values, node.inputs), _types(values, node.outputs))


def _types(values: Sequence[TensorType], wanted: Iterable[int]) -> tuple[TensorType, ...]:
    return tuple([values[value] for value in wanted])


def flops_dim(part: Part, sizes: Sizes) -> Dim:
    """The operations of one forward pass; an expression while axes are open."""
    total: Dim = 0
    values, key = part.values, tuple(sizes.items())
    for node in part.nodes:
        rule = rules.known(node.layer, _types(values, node.inputs))
        if rule is None:
            total = total + settle(node_flops(node, values), sizes)
        else:
            total = total + rules.flops(rule, node.layer, sizes, key)
    return total


def flops(graph: Graph, sizes: Sizes | None = None) -> int:
    """The operations of one forward pass for one example. Raises UnknownSizes."""
    return exact("the FLOPs", flops_dim(graph, sizes_of(graph, sizes)))


# --- Memory --------------------------------------------------------------------------------------


def type_bytes(found: TensorType, sizes: Sizes) -> Dim:
    return settle(found.elements, sizes) * found.dtype.bytes


def node_bytes(node: Node, values: Sequence[TensorType], sizes: Sizes) -> Dim:
    """The memory of what a node hands on; an identity hands on what it was given."""
    if node.layer.name == "identity":
        return 0
    return sum((type_bytes(values[value], sizes) for value in node.outputs), 0)


def activations_dim(part: Part, sizes: Sizes) -> Dim:
    """The bytes of all results of all layers, which training keeps; an expression while axes are
    open.
    """
    total: Dim = 0
    for node in part.nodes:
        total = total + node_bytes(node, part.values, sizes)
    return total


def activations(graph: Graph, sizes: Sizes | None = None) -> int:
    """The bytes of all results of all layers, which training keeps for one example. Raises
    UnknownSizes.
    """
    return exact("the activations", activations_dim(graph, sizes_of(graph, sizes)))


@record
class PeakMemory:
    """The most bytes that inference holds at once, and at which node; the weights stand apart."""

    activations: int
    weights: int
    node: str

    @property
    def total(self) -> int:
        return self.activations + self.weights


def peak_memory(graph: Graph, sizes: Sizes | None = None) -> PeakMemory:
    """Runs the nodes in order and frees each value after its last use. Raises UnknownSizes."""
    known = sizes_of(graph, sizes)
    last = _last_uses(graph)
    live = {port.value: _bytes(graph, port.value, known) for port in graph.inputs}
    held = sum(live.values())
    most, at = held, ""
    for index, node in enumerate(graph.nodes):
        for value in node.outputs:
            live[value] = _bytes(graph, value, known)
            held += live[value]
        if held > most:
            most, at = held, node.name
        for value in {*node.inputs, *node.outputs}:
            if last.get(value, index) <= index:
                held -= live.pop(value)
    return PeakMemory(most, weight_bytes(graph), at)


def _bytes(graph: Graph, value: int, sizes: Sizes) -> int:
    return exact("the bytes", type_bytes(graph.values[value], sizes))


def _last_uses(graph: Graph) -> dict[int, int]:
    """The index of the last node that reads each value; outputs live to the end."""
    last = {value: index for index, node in enumerate(graph.nodes) for value in node.inputs}
    return last | {port.value: len(graph.nodes) for port in graph.outputs}


# --- Structure -----------------------------------------------------------------------------------


def counts(layer: Layer | type[Layer]) -> bool:
    """Whether a layer is counted as one: an identity is none."""
    return layer.name != "identity"


def layers(part: Part) -> int:
    """The number of layers."""
    return sum(counts(node.layer) for node in part.nodes)


def longest_path(part: Part) -> int:
    """The number of layers on the longest way through."""
    depth: dict[int, int] = {}
    longest = 0
    for node in part.nodes:
        own = int(counts(node.layer))
        here = own + max((depth.get(value, 0) for value in node.inputs), default=0)
        depth.update(dict.fromkeys(node.outputs, here))
        longest = max(longest, here)
    return longest


# --- Rows ----------------------------------------------------------------------------------------


@record
class Row:
    """What one node costs; an expression where axes are open. Shared weights count where they first
    stand.
    """

    node: Node
    outputs: tuple[TensorType, ...]
    params: int
    flops: Dim
    bytes: Dim


def rows(graph: Graph, sizes: Sizes | None = None) -> list[Row]:
    """The cost of each node, in the order of the program."""
    known = sizes_of(graph, sizes)
    seen: set[str] = set()
    result = []
    for node in graph.nodes:
        own = [] if node.owner in seen else list(owned_weights(node, graph.values))
        seen.add(node.owner)
        result.append(
            Row(
                node,
                graph.types(node.outputs),
                sum(_count(weight.shape) for weight in own if weight.trainable),
                settle(node_flops(node, graph.values), known),
                node_bytes(node, graph.values, known),
            )
        )
    return result
