"""Comparing two networks layer by layer.

Comes in: two checked graphs, and the settings of their `train` blocks as texts. Goes out: a
`Difference`. Nothing is built.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from .. import cost
from ..dims import Dim
from ..drawing import spell_layer
from ..graph import Graph, Node
from ..hash import graph_hash
from ..types import TensorType
from .align import Item, Pair, align
from .difference import Change, Costs, Difference, LayerPair, Side, WeightsFit

Settings = Mapping[str, str]


def compare(
    before: Graph,
    after: Graph,
    settings: tuple[Settings, Settings] = ({}, {}),
) -> Difference:
    """What changed from one network to another."""
    pairs = align(_items(before), _items(after))
    rows = cost.rows(before), cost.rows(after)
    tracer = _Tracer(before, after, pairs)
    return Difference(
        (before.name, after.name),
        (graph_hash(before), graph_hash(after)),
        tuple(_signature(before, after)),
        tuple(_pair(rows, pair, tracer) for pair in pairs),
        (_costs(before), _costs(after)),
        _weights(before, after, pairs),
        tuple(_settings(*settings)),
    )


def _items(graph: Graph) -> list[Item]:
    return [
        Item(
            node.name.rpartition(".")[0],
            node.name.rpartition(".")[2],
            node.layer.name,
            spell_layer(node.layer),
            _types(graph.types(node.outputs)),
        )
        for node in graph.nodes
    ]


def _types(types: Sequence[TensorType]) -> str:
    return ", ".join(map(str, types))


def _number(value: Dim) -> int | str:
    return value if isinstance(value, int) else str(value)


def _costs(graph: Graph) -> Costs:
    flops = cost.flops_dim(graph, cost.sizes_of(graph))
    return Costs(cost.layers(graph), cost.params(graph), _number(flops))


# --- layers ---------------------------------------------------------------------------------------


def _pair(
    rows: tuple[Sequence[cost.Row], Sequence[cost.Row]], pair: Pair, tracer: "_Tracer"
) -> LayerPair:
    one, other = pair
    before = None if one is None else _side(rows[0][one])
    after = None if other is None else _side(rows[1][other])
    if one is None or other is None or before is None or after is None:
        return LayerPair(before, after)
    changes = [
        *_hyperparameters(rows[0][one].node, rows[1][other].node),
        *_unequal("name", before.name, after.name),
        *_unequal("output", before.types, after.types),
        *tracer.reads(one, other),
        *tracer.owners(one, other),
    ]
    return LayerPair(before, after, tuple(changes))


def _side(row: cost.Row) -> Side:
    return Side(
        row.node.name,
        spell_layer(row.node.layer),
        _types(row.outputs),
        row.params,
        _number(row.flops),
    )


def _unequal(what: str, before: object, after: object) -> Iterator[Change]:
    if before != after:
        yield Change(what, before, after)


def _hyperparameters(one: Node, other: Node) -> Iterator[Change]:
    """The settings that differ; the cell of a `scan` as a whole."""
    for item in one.layer.hyperparameters():
        before, after = getattr(one.layer, item.name), getattr(other.layer, item.name)
        if before == after:
            continue
        if isinstance(before, Graph) and isinstance(after, Graph):
            yield Change("cell", _cell(before), _cell(after))
        else:
            yield Change(item.name, _plain(before), _plain(after))
    if one.initialiser != other.initialiser:
        yield Change("init", _plain(one.initialiser), _plain(other.initialiser))


def _cell(graph: Graph) -> str:
    return f"{graph.name} {graph_hash(graph)}"


def _plain(value: object) -> object:
    """A setting as JSON holds it."""
    match value:
        case bool() | int() | float() | str() | None:
            return value
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)


class _Tracer:
    """Where inputs come from, looking through what was added or removed on the way."""

    def __init__(self, before: Graph, after: Graph, pairs: Sequence[Pair]) -> None:
        self.graphs = before, after
        kept = [(i, j) for i, j in pairs if i is not None and j is not None]
        self.kept = {i for i, _ in kept}, {j for _, j in kept}
        self.new_name = {
            before.nodes[i].name: after.nodes[j].name for i, j in kept if i is not None
        }
        self.makers = tuple(_makers(graph) for graph in self.graphs)

    def reads(self, one: int, other: int) -> Iterator[Change]:
        """`reads`, where a layer's inputs come from other layers than before."""
        before = self._sources(0, self.graphs[0].nodes[one])
        after = self._sources(1, self.graphs[1].nodes[other])
        if [self.new_name.get(name, name) for name in before] != after:
            yield Change("reads", before, after)

    def owners(self, one: int, other: int) -> Iterator[Change]:
        """`weights`, where a layer uses those of another, or no longer does."""
        node, new = self.graphs[0].nodes[one], self.graphs[1].nodes[other]
        before = None if node.owner == node.name else node.owner
        after = None if new.owner == new.name else new.owner
        if self.new_name.get(before or "", before) != after:
            yield Change("weights", before, after)

    def _sources(self, side: int, node: Node) -> list[str]:
        return [self._source(side, value) for value in node.inputs]

    def _source(self, side: int, value: int) -> str:
        """The layer that makes a value, or an input; what is of one side alone hands on its first
        input.
        """
        graph, makers = self.graphs[side], self.makers[side]
        while value in makers:
            place = makers[value]
            if place in self.kept[side]:
                return graph.nodes[place].name
            if not graph.nodes[place].inputs:
                return graph.nodes[place].name
            value = graph.nodes[place].inputs[0]
        return next(port.name for port in graph.inputs if port.value == value)


def _makers(graph: Graph) -> dict[int, int]:
    return {value: place for place, node in enumerate(graph.nodes) for value in node.outputs}


# --- what stands around ---------------------------------------------------------------------------


def _signature(before: Graph, after: Graph) -> Iterator[Change]:
    for kind in ("inputs", "outputs"):
        old, new = (
            {port.name: str(graph.values[port.value]) for port in getattr(graph, kind)}
            for graph in (before, after)
        )
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                yield Change(f"{kind[:-1]} {name}", old.get(name), new.get(name))


def _settings(before: Settings, after: Settings) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        yield from _unequal(name, before.get(name), after.get(name))


# --- weights --------------------------------------------------------------------------------------


def _weights(before: Graph, after: Graph, pairs: Sequence[Pair]) -> WeightsFit:
    old = {item.name: item for item in before.weights()}
    new = {item.name: item for item in after.weights()}
    kept = tuple(name for name in old if name in new and old[name].shape == new[name].shape)
    elsewhere = _placed_elsewhere(before, after, pairs)
    reshaped = {
        name: (old[name].shape, new[name].shape) for name in old if name in new and name not in kept
    }
    moved = {
        name: other
        for name, other in _renamed(before, after, pairs)
        if name in old and other in new and name not in new and other not in old
        if old[name].shape == new[other].shape
    }
    arrived = set(moved.values())
    return WeightsFit(
        kept,
        reshaped,
        moved,
        {name: old[name].shape for name in old if name not in new and name not in moved},
        {name: new[name].shape for name in new if name not in old and name not in arrived},
        tuple(name for name in kept if name in elsewhere),
        sum(prod(old[name].shape) for name in kept if old[name].trainable),
    )


def _placed_elsewhere(before: Graph, after: Graph, pairs: Sequence[Pair]) -> set[str]:
    """The weights of layers whose owner, in the other network, is not the owner of that name."""
    partners: dict[str, set[str]] = {}
    for i, j in pairs:
        if i is not None:
            found = partners.setdefault(before.nodes[i].owner, set())
            found.update(() if j is None else (after.nodes[j].owner,))
    return {
        weight.name
        for node in before.nodes
        if node.owner not in partners[node.owner]
        for weight in before.weights_of(node)
    }


def _renamed(before: Graph, after: Graph, pairs: Sequence[Pair]) -> Iterator[tuple[str, str]]:
    """The weights of layers that stayed under another name."""
    for i, j in pairs:
        if i is None or j is None:
            continue
        one, other = before.nodes[i].owner, after.nodes[j].owner
        for item in before.weights_of(before.nodes[i]) if one != other else ():
            yield item.name, other + item.name.removeprefix(one)
