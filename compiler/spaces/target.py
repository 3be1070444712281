"""The program that is looked for in a space, and how much of a growing graph is part of it.

A layer of the one is put to a layer of the other by what it is and what flows into it, from the
inputs down: layer by layer in their order, or in any order, as for the hash (`hash.py`), to which
the order of the text tells nothing. Sums of sums are compared as one sum. What cannot be told from
above, such as which uses share weights, is left to the hash at the end.

Comes in: a program's graph; then the nodes of another, as they are made. Goes out: the first of
them that the program does not have, or None as long as all may be part of it.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..expand.values import OpenReal
from ..graph import Graph, Node
from ..hash import COMMUTATIVE, IDENTITY, kind_of, layer_text, names_of_axes
from ..layer import Layer
from ..types import TensorType

Class = int
"""What is computed from the inputs down to a value: the same number for the same."""


@dataclass(slots=True)
class Sought:
    """Layers of the program that are one of a kind: the same, of the same inputs."""

    layer: Layer
    text: str
    made: Class
    count: int = 1


@dataclass(slots=True)
class Met:
    """A node that the program does not have: what it is, and its place in the graph."""

    name: str
    place: int


class Target:
    """The layers of a program, to be looked up."""

    def __init__(self, graph: Graph) -> None:
        self.inputs = [graph.values[port.value] for port in graph.inputs]
        self.axes = names_of_axes(self.inputs)
        self.layers: list[str] = []  # their names, without identities
        self.room = 0  # so many layers may give the program: a sum of five is four sums of two
        self.order: list[Class] = []  # and what each of them makes
        self.found: dict[Hashable, list[Sought]] = {}
        self.sums: dict[str, list[Counter[Class]]] = {}
        self._classes: dict[Hashable, Class] = {}
        self.parts: dict[Class, tuple[str, Counter[Class]]] = {}
        whole = Matching(self)
        for node in graph.nodes:
            self._learn(node, whole, graph.values)
        self.outputs = whole.outputs(graph)

    def class_of(self, key: Hashable) -> Class:
        return self._classes.setdefault(key, len(self._classes))

    def sum_of(self, name: str, above: Sequence[Class]) -> tuple[Class, Counter[Class]]:
        """A sum, or a product, and all that is added up in it."""
        parts = Counter[Class]()
        for value in above:
            kind, inner = self.parts.get(value, ("", Counter[Class]()))
            parts.update(inner if kind == name else (value,))
        made = self.class_of((name, frozenset(parts.items())))
        self.parts[made] = name, parts
        return made, parts

    def _learn(self, node: Node, whole: "Matching", values: Sequence[TensorType]) -> None:
        name, kind, above = node.layer.name, kind_of(node.layer), whole.above(node.inputs)
        if kind == IDENTITY:
            whole.made(node, above[0])
            return
        if kind == COMMUTATIVE:
            made, parts = self.sum_of(name, above)
            self.sums.setdefault(name, []).append(parts)
        else:
            made = self._sought(node, above, self.text_of(node, values))
        self.layers.append(name)
        self.room += max(1, len(node.inputs) - 1) if kind == COMMUTATIVE else 1
        self.order.append(made)
        whole.made(node, made)

    def _sought(self, node: Node, above: tuple[Class, ...], text: str) -> Class:
        made = self.class_of((text, above))
        alike = self.found.setdefault((node.layer.name, above), [])
        for sought in alike:
            if sought.made == made:
                sought.count += 1
                return made
        alike.append(Sought(node.layer, text, made))
        return made

    def text_of(self, node: Node, values: Sequence[TensorType]) -> str:
        """The layer with its settings in one spelling, and how its weights begin or are tied."""
        rank = values[node.inputs[0]].rank if node.inputs else 0
        return " ".join(
            [layer_text(node.layer, rank, self.axes), *sorted(node.tied), str(node.initialiser)]
        )


@dataclass(slots=True)
class Matching:
    """A graph as it grows, put to a program: with its layers in their order, or in any."""

    target: Target
    ordered: bool = False
    position: int = 0  # so many nodes were looked at
    layers: int = 0  # and so many of them are part of the program, without identities
    numbers: dict[float, float] = field(default_factory=dict)  # real numbers, and the program's
    _classes: dict[int, Class] = field(default_factory=dict)
    _left: dict[Class, int] = field(default_factory=dict)

    def above(self, inputs: Sequence[int]) -> tuple[Class, ...]:
        """What flows into a layer."""
        return tuple([self._class(value) for value in inputs])

    def _class(self, value: int) -> Class:
        """A value by what made it; one of the network's inputs by its number."""
        found = self._classes.get(value)
        return self.target.class_of(("input", value)) if found is None else found

    def made(self, node: Node, made: Class) -> None:
        """Notes what flows out of a layer."""
        self._classes[node.outputs[0]] = made
        for place, value in enumerate(node.outputs[1:], 1):
            self._classes[value] = self.target.class_of(("output", place, made))

    def outputs(self, graph: Graph) -> list[Class]:
        return [self._class(port.value) for port in graph.outputs]

    def take(self, nodes: Sequence[Node], values: Sequence[TensorType]) -> Met | None:
        """Looks at the nodes that are new; goes out: the first that the program does not have."""
        for place in range(self.position, len(nodes)):
            if not self._take(nodes[place], values):
                return Met(nodes[place].layer.name, place)
            self.position = place + 1
        return None

    def _take(self, node: Node, values: Sequence[TensorType]) -> bool:
        target, above = self.target, self.above(node.inputs)
        kind = kind_of(node.layer)
        if kind == IDENTITY:
            self.made(node, above[0])
            return True
        if kind == COMMUTATIVE:
            made, parts = target.sum_of(node.layer.name, above)
            if not (self._is_next(made) if self.ordered else self._is_part(node, parts)):
                return False
        else:
            sought = self._sought(node, above, values)
            if sought is None:
                return False
            made = sought.made
            self._left[made] = self._left.get(made, sought.count) - 1
        self.layers += 1
        self.made(node, made)
        return True

    def open(self, layer: type[Layer], inputs: Sequence[int]) -> list[Sought]:
        """Layers of a kind that these values flow into, and that are not taken yet."""
        alike = self.target.found.get((layer.name, self.above(inputs)), ())
        if self.ordered:
            return [sought for sought in alike if self._is_next(sought.made)]
        return [sought for sought in alike if self._left.get(sought.made, sought.count) > 0]

    def _is_part(self, node: Node, parts: Counter[Class]) -> bool:
        """Whether some sum of the program may be made of this one."""
        return any(parts <= whole for whole in self.target.sums.get(node.layer.name, ()))

    def _is_next(self, made: Class) -> bool:
        order = self.target.order
        return self.layers < len(order) and order[self.layers] == made

    def _sought(
        self, node: Node, above: Sequence[Class], values: Sequence[TensorType]
    ) -> Sought | None:
        found = self.open(type(node.layer), node.inputs)
        if not found:
            return None
        text = self.target.text_of(node, values)
        same = next((sought for sought in found if sought.text == text), None)
        reals = None if same is not None else _open_reals(node.layer)
        if not reals:
            return same
        closest = next((sought for sought in found if _fits(node.layer, sought.layer, reals)), None)
        if closest is not None:
            self.numbers |= {reals[name]: getattr(closest.layer, name) for name in reals}
        return closest


def _open_reals(layer: Layer) -> Mapping[str, float]:
    """The settings that are numbers of a real range."""
    values = {item.name: getattr(layer, item.name) for item in layer.hyperparameters()}
    return {name: float(value) for name, value in values.items() if isinstance(value, OpenReal)}


def _fits(layer: Layer, other: Layer, reals: Mapping[str, Any]) -> bool:
    """Whether two layers differ in nothing but real numbers."""
    return all(
        isinstance(getattr(other, item.name), float)
        if item.name in reals
        else getattr(layer, item.name) == getattr(other, item.name)
        for item in layer.hyperparameters()
    )
