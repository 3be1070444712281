"""What the rest of an expansion still depends on, at the moment when a decision is wanted.

Every form that has unfinished business (a body with statements to come, a repeat with turns to go,
a sum whose left side is known) holds it here while its parts are expanded. Two moments with equal
fingerprints have the same futures, so what is found out about one holds for the other: this is what
makes a space an automaton of few states.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any

from ...grammar import ast
from .. import cost
from ..hyperparameter import Initialiser
from ..layer import Layer
from .builder import GraphBuilder
from .environment import Environment
from .values import (
    FragmentStage,
    FunctionReference,
    FunctionStage,
    Instance,
    LayerStage,
    Namespace,
    OpenReal,
    Results,
    Tensor,
)


class BodyHold:
    """A body at one of its statements, with the names that are still read."""

    __slots__ = ("body", "builder", "costs", "env", "position", "start")

    def __init__(
        self,
        body: ast.Body,
        env: Environment,
        builder: GraphBuilder,
        start: int,
        costs: frozenset[str],
    ) -> None:
        self.body = body
        self.env = env
        self.builder = builder
        self.start = start
        self.costs = costs
        self.position = 0

    def fingerprint(self) -> Hashable:
        names = _live(Identity(self.body), self.position)
        values = tuple((name, _local(name, self.env)) for name in names)
        spent = tuple(cost_so_far(name, self.builder, self.start) for name in sorted(self.costs))
        return id(self.body), self.position, values, spent


class CellHold:
    """A cell's own graph, whose cost will be part of the network's."""

    __slots__ = ("builder",)

    def __init__(self, builder: GraphBuilder) -> None:
        self.builder = builder

    def fingerprint(self) -> Hashable:
        return tuple(cost_so_far(name, self.builder, 0) for name in sorted(cost_names))


cost_names = ("params", "flops", "activations", "layers", "longest_path")


def cost_so_far(name: str, builder: GraphBuilder, start: int) -> Hashable:
    """What the nodes since `start` cost. The longest path is not a sum, so its state is all
    depths.
    """
    part = cost.Stretch(builder.nodes[start:], builder.values)
    match name:
        case "params":
            return cost.params(part)
        case "layers":
            return cost.layers(part)
        case "flops":
            return cost.flops_dim(part, builder.batch)
        case "activations":
            return cost.activations_dim(part, builder.batch)
        case _:
            return tuple((node.inputs, node.outputs) for node in part.nodes)


def fingerprint(value: Any) -> Hashable:
    """A hashable stand-in for a value: equal where the rest of an expansion cannot tell two
    apart.
    """
    match value:
        case Tensor():
            return value.type
        case Results():
            return tuple(item.type for item in value.items), value.names
        case tuple() | list():
            return tuple(fingerprint(item) for item in value)
        case BodyHold() | CellHold():
            return value.fingerprint()
        case LayerStage():
            ties = tuple(sorted((k, t.owner, t.name) for k, t in value.tied.items()))
            return _settings(value.layer), ties
        case FunctionStage():
            pairs = tuple((key, fingerprint(item)) for key, item in value.values.items())
            return id(value.reference.function), pairs
        case FragmentStage():
            return id(value.expression), value.frozen_key, _captured(value)
        case Instance():
            return fingerprint(value.stage), value.owner, _owned(value), value.memory_key
        case _:
            return _plain(value)


def _settings(layer: Layer) -> Hashable:
    """A layer; numbers from real ranges are all one."""
    values = [getattr(layer, item.name) for item in layer.hyperparameters()]
    if not any(isinstance(value, OpenReal) for value in values):
        return layer
    return type(layer), tuple(_plain(value) for value in values)


def _plain(value: Any) -> Hashable:
    """A value without parts. A number from a real range decides nothing, so all of them are one."""
    match value:
        case Namespace():
            return value.name
        case FunctionReference():
            return id(value.function)
        case OpenReal():
            return "real"
        case Initialiser():
            return str(value)
        case _:
            return type(value), value


def _captured(stage: FragmentStage) -> Hashable:
    """The local names that a fragment reads."""
    names = _names_of(Identity(stage.expression))
    return tuple((name, _local(name, stage.environment)) for name in names)


def _owned(instance: Instance) -> Hashable:
    """The shapes of an instance's weights, which later uses must fit."""
    shapes: Hashable = instance.home.owned_shapes(instance.owner)
    return shapes


def _local(name: str, env: Environment) -> Hashable:
    bound = env.find_inside(name)
    return None if bound is None else fingerprint(bound.value)


def volatile(value: Any) -> bool:
    """Whether a fingerprint may change while what it is of is held: costs grow, and instances get
    weights and memory at their first use.
    """
    match value:
        case tuple() | list():
            return any(map(volatile, value))
        case BodyHold():
            return bool(value.costs) or any(
                _volatile_name(name, value.env)
                for name in _live(Identity(value.body), value.position)
            )
        case CellHold() | Instance():
            return True
        case FunctionStage():
            return any(map(volatile, value.values.values()))
        case FragmentStage():
            names = _names_of(Identity(value.expression))
            return any(_volatile_name(name, value.environment) for name in names)
        case _:
            return False


def _volatile_name(name: str, env: Environment) -> bool:
    bound = env.find_inside(name)
    return bound is not None and volatile(bound.value)


class Identity:
    """A node of the syntax as a key of its own, by identity."""

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node

    def __hash__(self) -> int:
        return id(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.node is self.node


@lru_cache(maxsize=100_000)
def _live(body: Identity, position: int) -> tuple[str, ...]:
    """The names read by a body from one of its statements on."""
    found: set[str] = set()
    for statement in body.node.statements[position:]:
        _collect(statement, found)
    return tuple(sorted(found))


@lru_cache(maxsize=100_000)
def _names_of(node: Identity) -> tuple[str, ...]:
    found: set[str] = set()
    _collect(node.node, found)
    return tuple(sorted(found))


def _collect(node: object, found: set[str]) -> None:
    if isinstance(node, ast.Name):
        found.add(node.id)
        return
    if isinstance(node, ast.Next):
        found.add(node.state)
    for name in getattr(node, "__slots__", ()):
        child = getattr(node, name)
        if isinstance(child, ast.Node):
            _collect(child, found)
        elif isinstance(child, tuple):
            _collect_all(child, found)


def _collect_all(children: Sequence[object], found: set[str]) -> None:
    for child in children:
        if isinstance(child, ast.Node):
            _collect(child, found)


def names_in_types(ports: Sequence[ast.Port]) -> tuple[str, ...]:
    """The names that declared output types read, once the body is done."""
    found: set[str] = set()
    for port in ports:
        if port.type is not None:
            _collect_all(port.type.axes, found)
    return tuple(sorted(found))
