"""What the rest of an expansion still depends on, at the moment when a decision is wanted.

Every form that has unfinished business (a body with statements to come, a repeat with turns to go,
a sum whose left side is known) holds it here while its parts are expanded. Two moments with equal
fingerprints have the same futures, so what is found out about one holds for the other: this is what
makes a space an automaton of few states.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from ...grammar import ast
from .. import cost
from ..hyperparameter import Initialiser
from ..layer import Layer
from .builder import GraphBuilder
from .environment import Environment
from .remembered import by_identity
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
    decisions_key,
)

NO_COSTS: frozenset[str] = frozenset()


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
        names = _live(self.body)[self.position]
        values = tuple((name, _local(name, self.env)) for name in names)
        spent = tuple(cost_so_far(name, self.builder, self.start) for name in sorted(self.costs))
        return id(self.body), self.position, values, spent


class CellHold:
    """A cell's own graph, with the costs that will be asked of the network that it is part of, and
    the next states that are set.
    """

    __slots__ = ("builder", "costs", "following")

    def __init__(
        self, builder: GraphBuilder, costs: frozenset[str], following: Mapping[str, Any]
    ) -> None:
        self.builder = builder
        self.costs = costs
        self.following = following

    def fingerprint(self) -> Hashable:
        spent = tuple(cost_so_far(name, self.builder, 0) for name in sorted(self.costs))
        return spent, tuple(sorted((key, fingerprint(v)) for key, v in self.following.items()))


class MemoryHold:
    """What turns to come decide as the first did, where their costs will be asked of."""

    __slots__ = ("memory",)

    def __init__(self, memory: Mapping[Any, Any]) -> None:
        self.memory = memory

    def fingerprint(self) -> Hashable:
        return decisions_key(self.memory)


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
    return _FINGERPRINTS.get(type(value), _plain)(value)


def _of_items(value: Iterable[Any]) -> Hashable:
    return tuple([_FINGERPRINTS.get(type(item), _plain)(item) for item in value])


def _of_values(value: dict[str, Any]) -> Hashable:
    """Of arguments, whose names the call tells."""
    return _of_items(value.values())


def _of_results(value: Results) -> Hashable:
    return tuple([item.type for item in value.items]), value.names


def _of_layer(value: LayerStage) -> Hashable:
    ties = tuple(sorted((k, t.owner, t.name) for k, t in value.tied.items()))
    return _settings(value.layer), ties, str(value.initialiser)


def _of_function(value: FunctionStage) -> Hashable:
    return id(value.reference.function), _of_items(value.values.values())


def _of_fragment(value: FragmentStage) -> Hashable:
    return id(value.expression), value.frozen_key, _captured(value)


def _of_instance(value: Instance) -> Hashable:
    return fingerprint(value.stage), value.owner, _owned(value), value.memory_key


_REAL = ("real",)

_FINGERPRINTS: dict[type, Callable[[Any], Hashable]] = {
    Tensor: attrgetter("type"),
    Results: _of_results,
    tuple: _of_items,
    list: _of_items,
    dict: _of_values,
    BodyHold: BodyHold.fingerprint,
    CellHold: CellHold.fingerprint,
    MemoryHold: MemoryHold.fingerprint,
    LayerStage: _of_layer,
    FunctionStage: _of_function,
    FragmentStage: _of_fragment,
    Instance: _of_instance,
    Namespace: attrgetter("name"),
    FunctionReference: lambda value: id(value.function),
    OpenReal: lambda _: _REAL,
    Initialiser: str,
    int: lambda value: value,
    str: lambda value: value,
}
"""Numbers from real ranges decide nothing, so all of them are one."""


def _settings(layer: Layer) -> Hashable:
    """A layer; numbers from real ranges are all one."""
    values = [getattr(layer, item.name) for item in layer.hyperparameters()]
    if not any(isinstance(value, OpenReal) for value in values):
        return layer
    return type(layer), tuple(fingerprint(value) for value in values)


def _plain(value: Any) -> Hashable:
    """A value without parts. Equal ones of two types, such as 1 and true, are told apart."""
    return type(value), value


def _captured(stage: FragmentStage) -> Hashable:
    """The local names that a fragment reads; a file's own are always the same."""
    if stage.environment.parent is None:
        return ()
    names = _names_of(stage.expression)
    return tuple((name, _local(name, stage.environment)) for name in names)


def captured(stage: FragmentStage) -> list[Any]:
    """What the local names stand for that a fragment reads."""
    bound = [stage.environment.find_inside(name) for name in _names_of(stage.expression)]
    return [item.value for item in bound if item is not None]


def _owned(instance: Instance) -> Hashable:
    """The shapes of an instance's weights, which later uses must fit."""
    shapes: Hashable = instance.home.owned_shapes(instance.owner)
    return shapes


def _local(name: str, env: Environment) -> Hashable:
    bound = env.find_inside(name)
    return None if bound is None else fingerprint(bound.value)


def looked_at(value: Any) -> tuple[Hashable, bool]:
    """The fingerprint of what is held, and whether it may change."""
    kind = type(value)
    judge = _VOLATILE.get(kind)
    return _FINGERPRINTS.get(kind, _plain)(value), judge is not None and judge(value)


def volatile(value: Any) -> bool:
    """Whether a fingerprint may change while what it is of is held: costs grow, and instances get
    weights and memory at their first use.
    """
    judge = _VOLATILE.get(type(value))
    return judge is not None and judge(value)


def _any_volatile(values: Iterable[Any]) -> bool:
    for value in values:  # a loop: this is asked of everything that is held
        judge = _VOLATILE.get(type(value))
        if judge is not None and judge(value):
            return True
    return False


def _volatile_body(value: BodyHold) -> bool:
    names = _live(value.body)[value.position]
    return bool(value.costs) or any(_volatile_name(name, value.env) for name in names)


def _volatile_fragment(value: FragmentStage) -> bool:
    if value.environment.parent is None:
        return False
    names = _names_of(value.expression)
    return any(_volatile_name(name, value.environment) for name in names)


_VOLATILE: dict[type, Callable[[Any], bool]] = {
    tuple: _any_volatile,
    list: _any_volatile,
    dict: lambda value: _any_volatile(value.values()),
    BodyHold: _volatile_body,
    CellHold: lambda _: True,
    MemoryHold: lambda _: True,
    Instance: lambda _: True,
    FunctionStage: lambda value: _any_volatile(value.values.values()),
    FragmentStage: _volatile_fragment,
}


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


@by_identity
def _live(body: ast.Body) -> Sequence[tuple[str, ...]]:
    """The names read by a body from each of its statements on; what is asked of costs is settled
    at its end, wherever it stands.
    """
    found: set[str] = set()
    for statement in body.statements:
        if _waits(statement):
            _collect(statement, found)
    live: list[tuple[str, ...]] = [()]
    for statement in reversed(body.statements):
        _collect(statement, found)
        live.append(tuple(sorted(found)))
    return live[::-1]


def _waits(statement: ast.Statement) -> bool:
    """Whether a statement is settled once every node of its body is there."""
    if isinstance(statement, ast.Limit):
        return True
    asked: set[str] = set()
    if isinstance(statement, ast.Require):
        _collect(statement, asked)
    return not asked.isdisjoint(cost_names)


@by_identity
def _names_of(node: ast.Node) -> tuple[str, ...]:
    found: set[str] = set()
    _collect(node, found)
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
