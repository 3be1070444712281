"""Which scopes of a graph can be classes of their own.

Comes in: a graph. Goes out: a tree of units. A scope becomes a unit if it owns all the weights that
it uses and nothing outside uses them, other than another use of the same thing, which calls the
first one's instance again. Any other scope dissolves into the one around it: its modules keep
their paths.
"""

import re
from collections.abc import Sequence

from ...graph import Graph, Scope
from ...lowering import Module, TorchCode
from ...spelling import identifier
from .model import Unit


class Refused(Exception):
    """These scopes, by number, cannot be units: try again without them."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(*numbers)
        self.numbers = numbers


class Scopes:
    """Draws the tree of units. Scopes by number in `refused` dissolve."""

    def __init__(self, graph: Graph, codes: Sequence[TorchCode], refused: set[int]) -> None:
        self.graph = graph
        self.owners = [
            node.owner if isinstance(code, Module) else ""
            for node, code in zip(graph.nodes, codes, strict=True)
        ]
        self.users = self._users_by_prefix()
        self.last_reader = self._last_readers()
        self.refused = refused
        self.first: dict[tuple[str, ...], int] = {}
        self.again: dict[int, int] = {}
        self._find_instances()

    def tree(self) -> Unit:
        graph = self.graph
        root = Unit((), graph.name or "Network", -1, {}, 0, len(graph.nodes))
        root.inputs = tuple(port.value for port in graph.inputs)
        root.outputs = tuple(port.value for port in graph.outputs)
        units: dict[int, Unit] = {}
        open_ = [root]
        for number, scope in enumerate(graph.scopes):
            while len(open_) > 1 and scope.start >= open_[-1].end:
                open_.pop()
            if number not in self.refused and open_[-1].of is None:
                units[number] = self._unit(number, scope, open_[-1], units)
                open_.append(units[number])
        return root

    def _unit(self, number: int, scope: Scope, parent: Unit, units: dict[int, Unit]) -> Unit:
        path = tuple(scope.path.split("."))
        if scope.end > parent.end or path[: len(parent.path)] != parent.path or path == parent.path:
            raise Refused(number)
        unit = Unit(path, class_name(scope), number, scope.hyperparameters, scope.start, scope.end)
        unit.inputs, unit.outputs = self._boundary(scope)
        if not unit.outputs:
            raise Refused(number)
        first = self.again.get(number)
        if first is not None:
            unit.of = units.get(first)
            if unit.of not in parent.children:
                raise Refused(number, first)
        parent.children.append(unit)
        return unit

    def _find_instances(self) -> None:
        """Tells first uses from later ones, and refuses scopes that share weights otherwise."""
        for number, scope in enumerate(self.graph.scopes):
            if number in self.refused:
                continue
            owners = self.owners[scope.start : scope.end]
            key = (scope.function, *owners)
            inside = all(owner.startswith(scope.path + ".") for owner in owners if owner)
            stateless = not any(owners)
            shell = scope.kind == "turn" and self._holds_one_block(number)
            if not scope.path or not owners or (stateless and scope.kind != "block") or shell:
                self.refused.add(number)
            elif not stateless and key in self.first and not self._nested(number, self.first[key]):
                self.again[number] = self.first[key]
            elif inside:
                self.first.setdefault(key, number)
            else:
                self.refused.add(number)
        for first in self._used_elsewhere():
            self.refused.add(first)
            self.refused.update(number for number, of in self.again.items() if of == first)

    def _holds_one_block(self, number: int) -> bool:
        scope = self.graph.scopes[number]
        inner = self.graph.scopes[number + 1 : number + 2]
        return any(
            (other.start, other.end, other.kind) == (scope.start, scope.end, "block")
            for other in inner
        )

    def _nested(self, number: int, other: int) -> bool:
        """Whether a scope lies in another: a block that is all of a fragment, say."""
        inner, outer = self.graph.scopes[number], self.graph.scopes[other]
        return outer.start <= inner.start and inner.end <= outer.end

    def _used_elsewhere(self) -> list[int]:
        """First uses whose weights are used outside them and their repetitions."""
        scopes = self.graph.scopes
        ranges = {number: [scopes[number]] for number in self.first.values()}
        for number, first in self.again.items():
            ranges[first].append(scopes[number])
        return [
            first
            for first, places in ranges.items()
            for index in self.users.get(scopes[first].path, ())
            if not any(place.start <= index < place.end for place in places)
        ]

    def _users_by_prefix(self) -> dict[str, list[int]]:
        users: dict[str, list[int]] = {}
        for index, owner in enumerate(self.owners):
            at = owner.rfind(".")
            while at > 0:
                users.setdefault(owner[:at], []).append(index)
                at = owner.rfind(".", 0, at)
        return users

    def _last_readers(self) -> dict[int, int]:
        nodes = self.graph.nodes
        last = {value: index for index, node in enumerate(nodes) for value in node.inputs}
        return last | {port.value: len(nodes) for port in self.graph.outputs}

    def _boundary(self, scope: Scope) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The values that a scope reads from outside and those that are read outside it."""
        nodes = self.graph.nodes[scope.start : scope.end]
        made = dict.fromkeys(value for node in nodes for value in node.outputs)
        read = dict.fromkeys(value for node in nodes for value in node.inputs if value not in made)
        left = [value for value in made if self.last_reader.get(value, -1) >= scope.end]
        inputs = dict.fromkeys(value for value in scope.inputs if value in read)
        outputs = dict.fromkeys(value for value in scope.outputs if value in left)
        return (*(inputs | read),), (*(outputs | dict.fromkeys(left)),)


def class_name(scope: Scope) -> str:
    """The block's name, or the fragment's label in capitals."""
    if scope.function:
        return identifier(scope.function)
    parts = [part for part in scope.path.split(".") if not part.isdecimal()]
    label = re.sub(r"_\d+$", "", parts[-1]) if parts else "Part"
    words = label.split("_")
    return identifier("".join(word[:1].upper() + word[1:] for word in words))
