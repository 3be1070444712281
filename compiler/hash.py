"""The canonical hash of a network: the same for isomorphic graphs, stable between releases of one
version.

Comes in: a checked graph. Goes out: `a2:` and 32 hexadecimal digits. It knows the inputs' types,
each layer with its hyperparameters, what feeds what, and which layers share weights; it does not
know labels, axis names, blocks, the order of independent statements or nodes that no output needs.
Identities are skipped; the inputs of a sum or product have no order, and sums of sums are one sum.
What is hashed is the canonical listing (`canonical.py`), in which nothing is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from .canonical import SLOTS, Network, Owned, listing
from .dims import Axis, Dim, Symbol, axis, substitute, terms_of
from .graph import Graph, Node
from .layer import Layer
from .types import DType, TensorType

VERSION = "a2"

_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})


def graph_hash(graph: Graph) -> str:
    """The versioned hash of what the graph computes and which weights it owns."""
    return f"{VERSION}:{_digest(*_describe(graph))}"


def _describe(graph: Graph) -> Iterator[str]:
    renamed = _canonical_axes(graph)
    for port in graph.inputs:
        yield _type_text(graph.values[port.value], renamed)
    yield from listing(_network(graph, renamed))


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _network(graph: Graph, renamed: Mapping[str, Dim]) -> Network:
    """The nodes that the outputs need, without identities."""
    network = Network()
    texts, colours, inputs, owned = network.texts, network.colours, network.inputs, network.owned
    owners = {node.owner for node in graph.nodes} if any(n.tied for n in graph.nodes) else set()
    numbers: dict[str, int] = {}
    codes = {port.value: -1 - place for place, port in enumerate(graph.inputs)}
    code = 0
    for node in _live(graph):
        layer = node.layer
        above = [codes[value] for value in node.inputs]
        if layer.name == "identity":
            codes[node.outputs[0]] = above[0]
            continue
        for slot, value in enumerate(node.outputs):
            codes[value] = code + slot
        code += SLOTS
        text, colour, weighted = layer.__dict__.get(_PLACE) or _layer_text(layer, renamed)
        if node.tied or node.initialiser is not None:
            text, colour = _told_more(node, text, renamed)
        if len(above) > 1 and layer.name in _COMMUTATIVE:
            network.sums.add(len(texts))
        texts.append(text)
        colours.append(colour)
        inputs.append(above)
        own = ((numbers.setdefault(node.owner, len(numbers)), ""),) if weighted else ()
        owned.append((*own, *_tied(node, numbers, owners)) if node.tied else own)
    network.outputs = [codes[port.value] for port in graph.outputs]
    return network


def _live(graph: Graph) -> Sequence[Node]:
    """The nodes that the outputs need."""
    wanted = {port.value for port in graph.outputs}
    found = []
    for node in reversed(graph.nodes):
        if not wanted.isdisjoint(node.outputs):
            wanted.update(node.inputs)
            found.append(node)
    found.reverse()
    return found


def _tied(node: Node, numbers: dict[str, int], owners: set[str]) -> Iterator[Owned]:
    """The weights of others that a node uses."""
    for name in sorted(node.tied):
        owner, weight = _split(node.tied[name], owners)
        yield numbers.setdefault(owner, len(numbers)), weight


def _split(weight: str, owners: set[str]) -> tuple[str, str]:
    """The full name of a weight as its owner's path and the rest."""
    owner = weight.rpartition(".")[0]
    while owner and owner not in owners:
        owner = owner.rpartition(".")[0]
    return owner, weight[len(owner) + 1 :]


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


def _told_more(node: Node, text: str, renamed: Mapping[str, Dim]) -> tuple[str, int]:
    """The text of a node whose weights are tied or set in a way of their own."""
    parts = [text, *sorted(node.tied)]
    if node.initialiser is not None:
        parts.append(f"init {_encode(node.initialiser, renamed)}")
    text = " ".join(parts)
    return text, _colour(text)


_PLACE = "_text"


def _layer_text(layer: Layer, renamed: Mapping[str, Dim]) -> tuple[str, int, bool]:
    """The layer and its settings, the colour that they give, and whether it has weights.

    Defaults are left out, so that a layer may gain an option. A text without axes is kept with its
    layer.
    """
    values = [(item, getattr(layer, item.name)) for item in layer.hyperparameters()]
    given = [(item.name, value) for item, value in values if value != item.default]
    settings = [f"{name}={_encode(value, renamed)}" for name, value in given]
    text = f"{layer.name}({'; '.join(settings)})"
    found = text, _colour(text), type(layer).weights is not Layer.weights
    if all(type(value) in _ATOMS for _, value in given):
        layer.__dict__[_PLACE] = found
    return found


_ATOMS = frozenset({int, float, bool, str})


@lru_cache(maxsize=65_536)
def _colour(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


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
