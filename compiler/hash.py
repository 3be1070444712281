"""The canonical hash of a network: the same for isomorphic graphs, stable between releases of one
version.

Comes in: a checked graph. Goes out: `a4:` and 32 hexadecimal digits. It knows the inputs' types,
each layer with its hyperparameters, what feeds what, and which layers share weights; it does not
know labels, axis names, blocks, the order of independent statements or nodes that no output needs,
nor how a hyperparameter is spelled: `softmax(axis=-1)` of an image is `softmax(axis=3)`.
Identities are skipped; the inputs of a sum or product have no order, and sums of sums are one sum.
What is hashed is the canonical form (`canonical.py`), in which nothing is left out.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from .canonical import MASK, ODD, SEPARATOR, Network, Owned, chained, colour_of, form
from .dims import Axis, Dim, Symbol, axis, substitute, terms_of
from .graph import Graph, Node
from .layer import Layer
from .types import DType, TensorType

VERSION = "a4"
PLAIN, WEIGHTED, COMMUTATIVE, IDENTITY = range(4)
UNORDERED = frozenset({"add", "mul", "maximum", "minimum"})
"""Layers whose inputs have no order."""


def graph_hash(graph: Graph) -> str:
    """The versioned hash of what the graph computes and which weights it owns."""
    types = tuple([graph.values[port.value] for port in graph.inputs])
    head, renamed = _head(types)
    content = head + form(_network(graph, renamed))
    return f"{VERSION}:{blake2b(content, digest_size=16).hexdigest()}"


@lru_cache(maxsize=4_096)
def _head(types: tuple[TensorType, ...]) -> tuple[bytes, Mapping[str, Dim]]:
    """The types of the inputs, their axes named by order of appearance: `N` or `B`, the network is
    the same.
    """
    renamed: dict[str, Dim] = {}
    for found in types:
        for size in found.shape:
            for symbol in _symbols(size):
                renamed.setdefault(symbol.name, axis(f"a{len(renamed)}", symbol.low))
    texts = [f"{found.dtype}{_encode(found.shape, renamed)}" for found in types]
    return f"{len(texts)} {SEPARATOR.join(texts)}{SEPARATOR}".encode(), renamed


def _network(graph: Graph, renamed: Mapping[str, Dim]) -> Network:
    """The nodes that the outputs need, without identities.

    What `Network.add` does for a node with one input is done here for all of them, which is most of
    the time of a hash.
    """
    network = Network()
    texts, colours, inputs = network.texts, network.colours, network.inputs
    at = [0] * len(graph.values)
    for place, port in enumerate(graph.inputs):
        at[port.value] = network.add(f"input {place}")
    owners: list[str] = []
    tied = False
    nodes, used = _live(graph)
    for node in nodes:
        read, made = node.inputs, node.outputs
        text, colour, kind = getattr(node.layer, _PLACE, None) or _layer_text(
            node.layer, _rank(graph, node), renamed
        )
        if kind == WEIGHTED:
            owners.append(node.owner)
            if node.tied or node.initialiser is not None:
                text, colour = _told_more(node, text, renamed)
                tied = tied or bool(node.tied)
        elif kind == IDENTITY:
            at[made[0]] = at[read[0]]
            continue
        at[made[0]] = len(texts)
        if len(read) == 1:
            above = at[read[0]]
            texts.append(text)
            inputs.append((above,))
            colours.append((colour + colours[above] * ODD) & MASK)
        else:
            network.join(text, colour, tuple([at[value] for value in read]), kind != COMMUTATIVE)
        if len(made) > 1:
            _other_outputs(network, node, used, at)
    network.outputs = [at[port.value] for port in graph.outputs]
    if tied or len(set(owners)) < len(owners):
        network.owned = _owned(graph, nodes, at)
    return chained(network)


def _other_outputs(network: Network, node: Node, used: Set[int], at: list[int]) -> None:
    """Outputs of a layer besides its first are nodes of their own, if anything reads them."""
    for place, value in enumerate(node.outputs[1:], 1):
        if value in used:
            at[value] = network.add(f"output {place}", (at[node.outputs[0]],))


def _live(graph: Graph) -> tuple[Sequence[Node], Set[int]]:
    """The nodes that the outputs need, and the values that these or the outputs read."""
    read = [port.value for port in graph.outputs]
    for node in graph.nodes:
        read += node.inputs
    used = set(read)
    if len(used) == len(graph.values):  # whatever is made is read, so the outputs need all of it
        return graph.nodes, used
    used = {port.value for port in graph.outputs}
    found = []
    for node in reversed(graph.nodes):
        if not used.isdisjoint(node.outputs):
            used.update(node.inputs)
            found.append(node)
    found.reverse()
    return found, used


def _owned(graph: Graph, nodes: Sequence[Node], at: Sequence[int]) -> dict[int, tuple[Owned, ...]]:
    """The weights of each node: its own, and those of others that it uses."""
    known = {node.owner for node in graph.nodes}
    numbers: dict[str, int] = {}
    found = {}
    for node in nodes:
        own = [(node.owner, "")] if kind_of(node.layer) == WEIGHTED else []
        own += [_split(node.tied[name], known) for name in sorted(node.tied)]
        if own:
            found[at[node.outputs[0]]] = tuple(
                [(numbers.setdefault(owner, len(numbers)), name) for owner, name in own]
            )
    return found


def _split(weight: str, owners: set[str]) -> tuple[str, str]:
    """The full name of a weight as its owner's path and the rest."""
    owner = weight.rpartition(".")[0]
    while owner and owner not in owners:
        owner = owner.rpartition(".")[0]
    return owner, weight[len(owner) + 1 :]


# --- Text of the parts ---------------------------------------------------------------------------


def _symbols(size: Dim) -> Iterator[Symbol]:
    for monomial in terms_of(size):
        for atom in monomial:
            if isinstance(atom, Symbol):
                yield atom
            else:
                yield from _symbols(atom.numerator)
                yield from _symbols(atom.denominator)


def _told_more(node: Node, text: str, renamed: Mapping[str, Dim]) -> tuple[str, int]:
    """The text of a node whose weights are tied or set in a way of their own."""
    parts = [text, *sorted(node.tied)]
    if node.initialiser is not None:
        parts.append(f"init {_encode(node.initialiser, renamed)}")
    text = " ".join(parts)
    return text, colour_of(text)


_PLACE = "_text"


def _rank(graph: Graph, node: Node) -> int:
    """The rank of what flows in first."""
    return graph.values[node.inputs[0]].rank if node.inputs else 0


def names_of_axes(inputs: Sequence[TensorType]) -> Mapping[str, Dim]:
    """The axes of a network's inputs by one name each, whatever they are called."""
    return _head(tuple(inputs))[1]


def layer_text(layer: Layer, rank: int, renamed: Mapping[str, Dim]) -> str:
    """The layer and its settings in one spelling, as the hash reads them."""
    return _layer_text(layer, rank, renamed)[0]


def _layer_text(layer: Layer, rank: int, renamed: Mapping[str, Dim]) -> tuple[str, int, int]:
    """The layer and its settings, the colour that they give, and its kind.

    Defaults are left out, so that a layer may gain an option. A text without axes is kept with its
    layer; one that is spelled otherwise than the layer, with the rank that it is spelled for.
    """
    kept: tuple[str, int, int] | None = layer.__dict__.get(f"{_PLACE}{rank}")
    if kept is not None:
        return kept
    values, defaults, place = layer.plain(rank), layer.plain_defaults(rank), _PLACE
    given = []
    for item in layer.hyperparameters():
        name, value, default = item.name, values[item.name], defaults[item.name]
        if default is MISSING or value != default:
            given.append((name, value))
        if value != getattr(layer, name) or default != item.default:
            place = f"{_PLACE}{rank}"
    settings = [f"{name}={_encode(value, renamed)}" for name, value in given]
    text = f"{layer.name}({'; '.join(settings)})"
    found = text, colour_of(text), kind_of(layer)
    if all(_is_fixed(value) for _, value in given):
        layer.__dict__[place] = found
    return found


def kind_of(layer: Layer) -> int:
    """Whether a layer does nothing, has inputs without order, has weights, or none of these."""
    if layer.name == "identity":
        return IDENTITY
    if layer.name in UNORDERED:
        return COMMUTATIVE
    return PLAIN if type(layer).weights is Layer.weights else WEIGHTED


def _is_fixed(value: Any) -> bool:
    """Whether no axis can stand in a value."""
    if isinstance(value, tuple):
        return all(_is_fixed(item) for item in value)
    return value is None or type(value) in _ATOMS


_ATOMS = frozenset({int, float, bool, str, DType})


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
