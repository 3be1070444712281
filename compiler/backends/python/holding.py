"""The modules that a unit holds, and what is done to their weights once they are made.

Comes in: a unit whose place in the graph is known. Goes out: its `entries` and `statements`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

from ... import initialisers
from ...graph import Graph, Node
from ...lowering import Module, TorchCode
from ...spelling import quoted
from .access import Access
from .model import Construct, Path, Slot, Unit
from .paste import Support
from .scopes import Refused

_PLAIN: Mapping[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}


def hold(
    unit: Unit,
    graph: Graph,
    codes: Sequence[TorchCode],
    support: Support,
    body_of: Callable[[Graph], Unit],
) -> None:
    """Fills `entries` and `statements`. `body_of` makes a unit of a graph among arguments."""
    holder = _Holder(unit, support, body_of)
    for place in places(unit):
        if isinstance(place, Unit):
            holder.unit(place)
        else:
            holder.node(graph.nodes[place], codes[place])
    holder.initialise()
    if not unit.path:
        for node in graph.nodes:
            holder.tie(node)


def places(unit: Unit) -> list[int | Unit]:
    """The unit's own nodes, by number, and its children, in order."""
    found: list[int | Unit] = []
    at = unit.start
    for child in unit.children:
        found += range(at, child.start)
        found.append(child)
        at = child.end
    return [*found, *range(at, unit.end)]


def below(unit: Unit, path: Path) -> Path:
    """A path from the unit on."""
    return path[len(unit.path) :]


def home(unit: Unit, child: Unit) -> Path:
    """Where the instance stands that a child calls."""
    return below(unit, (child.of or child).path)


@dataclass(slots=True)
class _Holder:
    of: Unit
    support: Support
    body_of: Callable[[Graph], Unit]

    def unit(self, child: Unit) -> None:
        path = home(self.of, child)
        if child.of is not None:
            return
        if path in self.of.entries:
            raise Refused(child.number)
        self.of.entries[path] = Construct(child, path[-1])

    def node(self, node: Node, code: TorchCode) -> None:
        path = below(self.of, tuple(node.owner.split(".")))
        if not isinstance(code, Module) or path in self.of.entries:
            return
        names, defaults = signature(code.target)
        construct = Construct(self._target(code.target), path[-1], defaults=defaults)
        for index, value in enumerate(code.args):
            name = names[index] if index < len(names) else f"argument_{index}"
            construct.args.append(self._argument(path[-1], name, value))
        for name, value in code.kwargs.items():
            construct.kwargs[name] = self._argument(path[-1], name, value)
        construct.initialised = node if node.initialiser is not None else None
        self.of.entries[path] = construct

    def _argument(self, layer: str, name: str, value: Any) -> Slot | Construct:
        if not isinstance(value, Graph):
            return Slot(layer, name, value)
        body = self.body_of(value)
        self.of.bodies.append(body)
        return Construct(body, layer)

    def _target(self, target: str) -> str:
        return self.support.use(target) if ":" in target else target

    def initialise(self) -> None:
        access = Access(self.of.entries)
        for path, construct in self.of.entries.items():
            node = construct.initialised
            if node is not None and node.initialiser is not None:
                weight = f"{access.text(path)}.{node.layer.primary_weight or 'weight'}"
                statement = initialisers.torch_statement(node.initialiser)
                self.of.statements.append(statement.replace("{weight}", weight))

    def tie(self, node: Node) -> None:
        for name, other in node.tied.items():
            owner, _, weight = other.rpartition(".")
            mine = _reach(self.of, tuple(node.owner.split(".")), "self")
            theirs = _reach(self.of, tuple(owner.split(".")), "self")
            self.of.statements.append(f"{mine}.{name} = {theirs}.{weight}")


def _reach(unit: Unit, path: Path, text: str) -> str:
    """The expression for a module anywhere below a unit, through the units that hold it."""
    access = Access(unit.entries)
    for length in range(1, len(path) + 1):
        construct = unit.entries.get(path[:length])
        if construct is None:
            continue
        text = access.text(path[:length], text)
        rest = path[length:]
        if not rest:
            return text
        if isinstance(construct.target, Unit):
            return _reach(construct.target, rest, text)
        return f"{text}.get_submodule({quoted('.'.join(rest))})"
    raise LookupError(".".join(path))


@cache
def signature(target: str) -> tuple[list[str], Mapping[str, Any]]:
    """The positional parameters of a module's class, and the defaults of all."""
    if ":" in target:
        module, _, name = target.partition(":")
        found = getattr(import_module(module), name)
    else:
        head, *rest = target.split(".")
        found = _PLAIN[head]
        for part in rest:
            found = getattr(found, part)
    defaults: dict[str, Any] = {}
    for kind in reversed(found.__mro__):
        if "__init__" in vars(kind):
            parameters = inspect.signature(kind.__init__).parameters.values()
            defaults |= {
                item.name: item.default for item in parameters if item.default is not item.empty
            }
    names = [
        item.name
        for item in inspect.signature(found).parameters.values()
        if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)
    ]
    return names, defaults
