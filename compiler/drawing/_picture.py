"""What every drawing shows: boxes within boxes, each with its costs, and the values between them.

Comes in: a graph. Goes out: a `Picture`, a tree of boxes: layers, and the blocks, fragments and
turns that hold them. A box knows the values that flow into it and out of it, so that it can be
drawn closed, as one thing, or open.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..cost import Row, Sizes, rows
from ..dims import Dim
from ..graph import Graph, Node, Port, Scope
from ..types import TensorType
from ._spelling import spell_arguments, spell_layer

LONGEST = 48
"""The longest headline, in characters."""


def clipped(text: str, width: int) -> str:
    """The text in at most `width` characters; what is cut away shows as `..`."""
    return text if len(text) <= width else f"{text[: max(width - 2, 0)]}.."[:width]


@dataclass(frozen=True, slots=True)
class Box:
    """A layer, a block with what it holds, or an input or output of the network.

    `kind` is `layer`, `block`, `input` or `output`; `key` is unique; `label` is the last part of
    the path, `title` what stands in the program. `inputs` and `outputs` are values of the graph.
    """

    kind: str
    key: str
    label: str
    title: str
    family: str
    types: tuple[TensorType, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    layers: int = 0
    params: int = 0
    flops: Dim = 0
    bytes: Dim = 0
    children: tuple["Box", ...] = ()

    @property
    def shape(self) -> str:
        return ", ".join(map(str, self.types))

    @property
    def headline(self) -> str:
        """The label where the program gave one, and what stands behind it."""
        if not self.title:
            return self.label
        name = self.title.partition("(")[0]
        label = re.sub(rf"(^|\.){re.escape(name)}(_\d+)?$", "", self.label)
        text = f"{label}: {self.title}" if label and label != self.title else self.title
        return clipped(text, LONGEST)


@dataclass(frozen=True, slots=True)
class Picture:
    """A network to draw: inputs, the outermost boxes in the program's order, outputs."""

    graph: Graph
    rows: tuple[Row, ...]
    sizes: Sizes | None
    inputs: tuple[Box, ...]
    boxes: tuple[Box, ...]
    outputs: tuple[Box, ...]

    def folded(self, depth: int | None) -> tuple[Box, ...]:
        """The outermost boxes with `depth` levels of blocks open; None opens all."""
        return tuple(_fold(box, depth) for box in self.boxes)


def _fold(box: Box, depth: int | None) -> Box:
    if depth is None or not box.children:
        return box
    if depth <= 0:
        return replace(box, children=())
    return replace(box, children=tuple(_fold(child, depth - 1) for child in box.children))


def leaves(boxes: Iterable[Box]) -> Iterator[Box]:
    """The boxes that are drawn as one thing."""
    for box in boxes:
        if box.children:
            yield from leaves(box.children)
        else:
            yield box


def suitable_depth(picture: Picture, most: int) -> int:
    """The greatest depth at which at most `most` boxes are drawn; at least 0."""
    depth, drawn = 0, _count(picture, 0)
    while drawn < (deeper := _count(picture, depth + 1)) <= most:
        depth, drawn = depth + 1, deeper
    return depth


def _count(picture: Picture, depth: int | None) -> int:
    return sum(1 for _ in leaves(picture.folded(depth)))


def picture_of(graph: Graph, sizes: Sizes | None = None) -> Picture:
    """The tree of boxes of a graph. Scopes that hold one thing are drawn as that thing."""
    found = tuple(rows(graph, sizes))
    consumers = _consumers(graph)
    return Picture(
        graph,
        found,
        sizes,
        tuple(_port_box(graph, port, "input") for port in graph.inputs),
        tuple(_Tree(graph, found, consumers).boxes()),
        tuple(_port_box(graph, port, "output") for port in graph.outputs),
    )


def _port_box(graph: Graph, port: Port, kind: str) -> Box:
    values = (port.value,)
    types = graph.types(values)
    ends = ((), values) if kind == "input" else (values, ())
    return Box(kind, f"{kind} {port.name}", port.name, port.name, kind, types, *ends)


def _consumers(graph: Graph) -> dict[int, list[int]]:
    """The indices of the nodes that read each value; the network's outputs are read at the end."""
    found: dict[int, list[int]] = {}
    for index, node in enumerate(graph.nodes):
        for value in node.inputs:
            found.setdefault(value, []).append(index)
    for port in graph.outputs:
        found.setdefault(port.value, []).append(len(graph.nodes))
    return found


class _Tree:
    """Turns the list of nested scopes into boxes."""

    def __init__(
        self, graph: Graph, found: Sequence[Row], consumers: Mapping[int, list[int]]
    ) -> None:
        self.graph = graph
        self.rows = found
        self.consumers = consumers
        everything = len(graph.nodes)
        inner = [
            scope
            for scope in graph.scopes
            if scope.start < scope.end and (scope.path or scope.end - scope.start < everything)
        ]
        # Sorting keeps scopes over the same nodes as they are listed, outermost first.
        self.scopes = sorted(inner, key=lambda scope: (scope.start, -scope.end))
        self.next = 0

    def boxes(self) -> list[Box]:
        return self._between(0, len(self.graph.nodes), "")

    def _between(self, start: int, end: int, path: str) -> list[Box]:
        """The boxes of the nodes `[start, end)`, each scope as one."""
        boxes: list[Box] = []
        at = start
        while at < end:
            scope = self.scopes[self.next] if self.next < len(self.scopes) else None
            if scope is None or scope.start > at:
                boxes.append(self._layer(at, path))
                at += 1
                continue
            self.next += 1
            boxes.append(self._block(scope, path))
            at = scope.end
        return boxes

    def _block(self, scope: Scope, path: str) -> Box:
        children = self._between(scope.start, scope.end, scope.path)
        label = _relative(scope.path, path)
        if len(children) == 1:
            (only,) = children
            return replace(only, label=f"{label}.{only.label}" if only.label else label)
        nodes = self.graph.nodes[scope.start : scope.end]
        outputs = tuple(self._leaving(scope))
        own = self.rows[scope.start : scope.end]
        return Box(
            "block",
            scope.path,
            label,
            _scope_title(scope),
            "block",
            self.graph.types(outputs or scope.outputs),
            tuple(_entering(nodes)),
            outputs,
            sum(node.layer.name != "identity" for node in nodes),
            sum(row.params for row in own),
            sum((row.flops for row in own), 0),
            sum((row.bytes for row in own), 0),
            tuple(children),
        )

    def _leaving(self, scope: Scope) -> Iterator[int]:
        for node in self.graph.nodes[scope.start : scope.end]:
            for value in node.outputs:
                if any(index >= scope.end for index in self.consumers.get(value, ())):
                    yield value

    def _layer(self, index: int, path: str) -> Box:
        row = self.rows[index]
        node = row.node
        return Box(
            "layer",
            node.name,
            _relative(node.name, path),
            spell_layer(node.layer),
            node.layer.family,
            row.outputs,
            tuple(dict.fromkeys(node.inputs)),
            node.outputs,
            int(node.layer.name != "identity"),
            row.params,
            row.flops,
            row.bytes,
        )


def _relative(path: str, outer: str) -> str:
    return path.removeprefix(f"{outer}.") if outer else path


def _entering(nodes: Sequence[Node]) -> Iterator[int]:
    """The values that come from outside, each once."""
    made = {value for node in nodes for value in node.outputs}
    wanted = (value for node in nodes for value in node.inputs if value not in made)
    return iter(dict.fromkeys(wanted))


def _scope_title(scope: Scope) -> str:
    if not scope.function:
        return ""
    return f"{scope.function}{spell_arguments(scope.hyperparameters.items())}"


def short(count: Dim) -> str:
    """A number in at most four characters and a letter: `11.7M`; an expression as it is."""
    if not isinstance(count, int):
        return str(count)
    size, letters = float(count), iter(("", "k", "M", "G", "T", "P", "E"))
    letter = next(letters)
    while size >= 999.5 and letter != "E":
        size, letter = size / 1000, next(letters)
    return f"{size:.0f}{letter}" if not letter or size >= 99.95 else f"{size:.1f}{letter}"


def small_print(box: Box) -> list[str]:
    """The lines under the headline: the shape, then what the box holds and costs."""
    held = [f"{box.layers} layers"] if box.kind == "block" else []
    params = [f"{short(box.params)} params"] if box.params else []
    flops = [f"{short(box.flops)} FLOPs"] if isinstance(box.flops, int) and box.flops else []
    return [line for line in (box.shape, " · ".join([*held, *params, *flops])) if line]


def totals(picture: Picture) -> str:
    """The costs of the whole network, for a title."""
    params = sum(box.params for box in picture.boxes)
    flops = sum((box.flops for box in picture.boxes), 0)
    known = [f"{short(flops)} FLOPs"] if isinstance(flops, int) else []
    return ", ".join([f"{short(params)} parameters", *known])


def details(box: Box) -> list[tuple[str, str]]:
    """All that is known of a box, as names and texts."""
    facts = [("path", box.key), ("output", box.shape)]
    if not box.layers:
        return facts
    costs = [("parameters", box.params), ("FLOPs", box.flops), ("bytes", box.bytes)]
    return [*facts, *((name, exact(count)) for name, count in costs)]


def exact(count: Dim) -> str:
    """A number with its thousands apart; an expression as it is."""
    return f"{count:,}" if isinstance(count, int) else str(count)


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that flows from one drawn box to another, by their keys."""

    source: str
    target: str
    type: TensorType


def edges(picture: Picture, boxes: Sequence[Box]) -> list[Edge]:
    """The values that flow between boxes as they are drawn, closed ones as one thing."""
    drawn = [*picture.inputs, *leaves(boxes), *picture.outputs]
    makers = {value: box.key for box in drawn for value in box.outputs}
    return [
        Edge(makers[value], box.key, picture.graph.values[value])
        for box in drawn
        for value in box.inputs
    ]
