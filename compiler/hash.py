"""The canonical hash of a network: the same for isomorphic graphs, stable between releases of one
version.

Comes in: a checked graph. Goes out: `a1:` and 32 hexadecimal digits. It knows the inputs' types,
each layer with its hyperparameters, what feeds what, and which layers share weights; it does not
know labels, axis names, blocks, the order of independent statements or nodes that no output needs.
Identities are skipped, the inputs of a sum or product have no order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any

from .dims import Axis, Dim, Symbol, axis, substitute, terms_of
from .graph import Graph, Node
from .types import DType, TensorType

VERSION = "a1"

_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})
_ROUNDS = 3
"""How often colours flow down and up again where the order of a sum's inputs is in doubt."""


def graph_hash(graph: Graph) -> str:
    """The versioned hash of what the graph computes and which weights it owns."""
    return f"{VERSION}:{_digest(*_describe(graph))}"


def _describe(graph: Graph) -> Iterator[str]:
    renamed = _canonical_axes(graph)
    network = _Network(graph, renamed)
    for port in graph.inputs:
        yield _type_text(graph.values[port.value], renamed)
    yield from network.walk(network.settled_colours())


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


class _Network:
    """The graph without identities.

    The hash is that of a complete listing: nodes in the order in which the outputs reach them, each
    with its weights and inputs by number. So different graphs have different hashes. Colours,
    hashes of what stands above a node and below it, serve only to put the inputs of sums and
    products into an order that does not depend on how they were written.
    """

    def __init__(self, graph: Graph, renamed: Mapping[str, Dim]) -> None:
        self.graph = graph
        self.producer: dict[int, tuple[Node, int]] = {}
        self.same_as: dict[int, int] = {}
        self.nodes = self._live([node for node in graph.nodes if not self._skip(node)])
        self.owners = {node.owner for node in graph.nodes}
        self.texts = {node.name: _node_text(node, renamed) for node in self.nodes}
        self.input_texts = {
            self.real(port.value): f"input {index}" for index, port in enumerate(graph.inputs)
        }

    def _skip(self, node: Node) -> bool:
        if node.layer.name == "identity":
            self.same_as[node.outputs[0]] = self.real(node.inputs[0])
            return True
        for slot, value in enumerate(node.outputs):
            self.producer[value] = node, slot
        return False

    def _live(self, nodes: list[Node]) -> list[Node]:
        wanted = {self.real(port.value) for port in self.graph.outputs}
        found = []
        for node in reversed(nodes):
            if not wanted.isdisjoint(node.outputs):
                wanted.update(self.inputs(node))
                found.append(node)
        return found[::-1]

    def real(self, value: int) -> int:
        """The value behind identities."""
        return self.same_as.get(value, value)

    def inputs(self, node: Node) -> list[int]:
        return [self.real(value) for value in node.inputs]

    # --- colours

    def settled_colours(self) -> dict[str, str]:
        """A colour for each node; more rounds only where some sum has inputs that look alike."""
        if not any(map(_commutes, self.nodes)):
            return {}
        colours = self._colours_from_above(self.texts)
        if all(self._told_apart(node, colours) for node in self.nodes):
            return colours
        for _ in range(_ROUNDS):
            colours = self._colours_from_groups(self._colours_from_below(colours))
            colours = self._colours_from_above(colours)
        return colours

    def _told_apart(self, node: Node, colours: Mapping[str, str]) -> bool:
        if not _commutes(node):
            return True
        values = set(self.inputs(node))
        return len({self._colour_of(value, colours) for value in values}) == len(values)

    def _colours_from_above(self, own: Mapping[str, str]) -> dict[str, str]:
        result: dict[str, str] = {}
        for node in self.nodes:
            above = [self._colour_of(value, result) for value in self.inputs(node)]
            if _commutes(node):
                above.sort()
            result[node.name] = _digest(own[node.name], *above)
        return result

    def _colours_from_below(self, own: Mapping[str, str]) -> dict[str, str]:
        below: dict[int, list[str]] = {}
        for index, port in enumerate(self.graph.outputs):
            below.setdefault(self.real(port.value), []).append(f"output {index}")
        result: dict[str, str] = {}
        for node in reversed(self.nodes):
            uses = [text for value in node.outputs for text in [*sorted(below.get(value, ())), "|"]]
            result[node.name] = _digest(own[node.name], *uses)
            for place, value in enumerate(self.inputs(node)):
                place_text = "" if _commutes(node) else str(place)
                below.setdefault(value, []).append(f"{result[node.name]}:{place_text}")
        return result

    def _colours_from_groups(self, own: Mapping[str, str]) -> dict[str, str]:
        """Nodes that share weights learn what the others look like."""
        users: dict[str, list[str]] = {}
        for node in self.nodes:
            for owner in {self._split(name)[0] for name in node.tied.values()} | {node.owner}:
                users.setdefault(owner, []).append(own[node.name])
        group = {owner: _digest(*sorted(colours)) for owner, colours in users.items()}
        return {node.name: _digest(own[node.name], group[node.owner]) for node in self.nodes}

    def _colour_of(self, value: int, colours: Mapping[str, str]) -> str:
        if value not in self.producer:
            return self.input_texts[value]
        node, slot = self.producer[value]
        return f"{colours[node.name]}.{slot}"

    # --- the listing

    def walk(self, colours: Mapping[str, str]) -> Iterator[str]:
        """The nodes in the order in which the outputs reach them, with weights numbered as they
        come.
        """
        owners: dict[str, int] = {}
        numbers: dict[str, int] = {}
        for node in self._reached(colours):
            above = [self._reference(value, numbers) for value in self.inputs(node)]
            if _commutes(node):
                above.sort()
            own = [
                f"{owners.setdefault(owner, len(owners))}.{weight}"
                for owner, weight in self._owned(node)
            ]
            yield f"{self.texts[node.name]} of {' '.join(own)} on {' '.join(above)}"
            numbers[node.name] = len(numbers)
        for port in self.graph.outputs:
            yield self._reference(self.real(port.value), numbers)

    def _owned(self, node: Node) -> Iterator[tuple[str, str]]:
        """Owner and weight: all of its owner's, single tied ones, and for a stochastic layer its
        noise.
        """
        if node.layer.primary_weight is not None:
            yield node.owner, ""
        if node.layer.stochastic:
            yield f"noise of {node.name}", ""
        for name in sorted(node.tied):
            yield self._split(node.tied[name])

    def _split(self, weight: str) -> tuple[str, str]:
        """The full name of a weight as its owner's path and the rest."""
        owner = weight.rpartition(".")[0]
        while owner and owner not in self.owners:
            owner = owner.rpartition(".")[0]
        return owner, weight[len(owner) + 1 :]

    def _reference(self, value: int, numbers: Mapping[str, int]) -> str:
        if value not in self.producer:
            return self.input_texts[value]
        node, slot = self.producer[value]
        return f"{numbers[node.name]}.{slot}"

    def _reached(self, colours: Mapping[str, str]) -> Iterator[Node]:
        """The nodes that the outputs need, each after its inputs; without recursion."""
        done: set[str] = set()
        stack = [(self.real(port.value), False) for port in reversed(self.graph.outputs)]
        while stack:
            value, ready = stack.pop()
            node = self.producer[value][0] if value in self.producer else None
            if node is None or node.name in done:
                continue
            if ready:
                done.add(node.name)
                yield node
                continue
            stack.append((value, True))
            stack.extend((above, False) for above in reversed(self._ordered(node, colours)))

    def _ordered(self, node: Node, colours: Mapping[str, str]) -> list[int]:
        values = self.inputs(node)
        if not _commutes(node):
            return values
        return sorted(values, key=lambda value: self._colour_of(value, colours))


def _commutes(node: Node) -> bool:
    return node.layer.name in _COMMUTATIVE and len(node.inputs) > 1


# --- Text of the parts ---------------------------------------------------------------------------


def _canonical_axes(graph: Graph) -> dict[str, Dim]:
    """Axis names by order of appearance: `N` or `B`, the network is the same."""
    found: dict[str, Dim] = {}
    for port in graph.inputs:
        for size in graph.values[port.value].shape:
            for symbol in _symbols(size):
                found.setdefault(symbol.name, axis(f"a{len(found)}", symbol.low))
    return found


def _symbols(size: Dim) -> Iterator[Symbol]:
    for monomial in terms_of(size):
        for atom in monomial:
            if isinstance(atom, Symbol):
                yield atom
            else:
                yield from _symbols(atom.numerator)
                yield from _symbols(atom.denominator)


def _type_text(found: TensorType, renamed: Mapping[str, Dim]) -> str:
    return f"{found.dtype}{_encode(found.shape, renamed)}"


def _node_text(node: Node, renamed: Mapping[str, Dim]) -> str:
    """The layer and its settings; defaults are left out, so that a layer may gain an option."""
    values = ((item, getattr(node.layer, item.name)) for item in node.layer.hyperparameters())
    settings = [
        f"{item.name}={_encode(value, renamed)}" for item, value in values if value != item.default
    ]
    parts = [f"{node.layer.name}({'; '.join(settings)})", *sorted(node.tied)]
    if node.initialiser is not None:
        parts.append(f"init {_encode(node.initialiser, renamed)}")
    return " ".join(parts)


def _encode(value: Any, renamed: Mapping[str, Dim]) -> str:
    """A hyperparameter as text that tells every two different ones apart, 1 and 1.0 and true
    too.
    """
    match value:
        case Axis():
            return f"axis {substitute(value, renamed)}"
        case float():
            return f"float {float(value)!r}"
        case bool() | int() | str() | None:
            return f"{type(value).__name__} {value!r}"
        case DType():
            return f"dtype {value.name}"
        case Graph():
            return graph_hash(value)
        case Mapping():
            pairs = sorted((str(key), _encode(item, renamed)) for key, item in value.items())
            return f"{{{', '.join(f'{key}: {item}' for key, item in pairs)}}}"
        case Sequence():
            return f"[{', '.join(_encode(item, renamed) for item in value)}]"
        case _ if is_dataclass(value):
            inner = {item.name: getattr(value, item.name) for item in fields(value)}
            return f"{type(value).__name__}{_encode(inner, renamed)}"
        case _:
            return f"{type(value).__name__} {value}"
