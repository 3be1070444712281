"""What a network requires of its costs, settled from sums instead of from states.

Parameters, FLOPs, activations and layers add up over the decisions of a program, so they need not
tell states apart: an edge carries what it adds, and a requirement is asked of the total. `params <=
200k` over a thousand states would otherwise make millions of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, isfinite
from operator import add, ge, le, sub
from typing import Any, TypeGuard

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.record import record
from ...grammar.span import Span
from .. import cost
from ..expand import evaluate
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.decisions import has_choice
from ..expand.environment import Environment
from ..expand.naming import NO_NAMES
from ..expand.requirements import names_read
from ..expand.session import Poisoned, Session
from ..expand.values import Poison
from ..facts import Facts

ADDITIVE = ("params", "flops", "activations", "layers")
INFINITE = float("inf")
Totals = tuple[int, ...]
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def plus(left: Totals, right: Totals) -> Totals:
    return tuple(map(add, left, right))


def minus(left: Totals, right: Totals) -> Totals:
    return tuple(map(sub, left, right))


@record
class Bounds:
    """Between what each cost is to lie by itself, both ends included; `whole` where nothing else is
    required.
    """

    low: tuple[int | float, ...]
    high: tuple[int | float, ...]
    whole: bool

    def hold(self, totals: Totals) -> bool:
        """Whether these costs are within the bounds."""
        return self.allow(totals) and self.reach(totals)

    def allow(self, totals: Totals) -> bool:
        """Whether none of these costs is too large."""
        return all(map(le, totals, self.high))

    def reach(self, totals: Totals) -> bool:
        """Whether none of these costs is too small."""
        return all(map(ge, totals, self.low))

    @property
    def above(self) -> Sequence[int]:
        """The costs that are bounded from above, by their positions."""
        return [cost for cost, high in enumerate(self.high) if high != INFINITE]

    @property
    def below(self) -> Sequence[int]:
        """The costs that are bounded from below."""
        return [cost for cost, low in enumerate(self.low) if low != -INFINITE]

    @property
    def only_above(self) -> bool:
        """More can only hurt."""
        return self.whole and not self.below

    def beside(self, most: Sequence[int]) -> "Bounds":
        """With further costs, which are bounded from above."""
        return Bounds((*self.low, *[-INFINITE for _ in most]), (*self.high, *most), self.whole)


@record
class Requirements:
    """The requirements of a network's body that read additive costs and what is known
    beforehand.
    """

    statements: tuple[ast.Require, ...]
    names: tuple[str, ...]
    environment: Environment

    def hold(self, totals: Totals) -> bool:
        """Whether a program with these costs fulfils all of them."""
        return not self.statements or all(self.each(totals))

    def each(self, totals: Totals) -> Iterator[bool]:
        """Of each in order, whether a program with these costs fulfils it."""
        env = Environment(self.environment)
        for name, value in zip(self.names, totals, strict=True):
            env.replace(name, value, self.statements[0].span)
        for item in self.statements:
            yield evaluate.condition(item.condition, env, _anywhere()) is True

    def bounds(self) -> Bounds:
        """Between what each cost is to lie by itself, as far as that is required."""
        low, high = [-INFINITE] * len(self.names), [INFINITE] * len(self.names)
        whole = True
        for part in (part for item in self.statements for part in _conjuncts(item.condition)):
            name, least, most = self._between(part)
            if name is None:
                whole = False
            else:
                cost = self.names.index(name)
                low[cost], high[cost] = max(low[cost], least), min(high[cost], most)
        return Bounds(tuple(low), tuple(high), whole)

    def _between(self, part: ast.Expression) -> tuple[str | None, int | float, int | float]:
        """The one cost that stands against a number, and between what it is to lie."""
        nothing = None, -INFINITE, INFINITE
        if not isinstance(part, ast.Binary):
            return nothing
        name, operator, other = part.left, part.operator, part.right
        if not _is_cost(name):
            name, operator, other = part.right, _TURNED.get(part.operator, ""), part.left
        if not _is_cost(name) or set(names_read(other)) & set(ADDITIVE):
            return nothing
        number = _number(other, self.environment)
        if number is None or not isfinite(number):
            return nothing
        match operator:
            case "<=":
                return name.id, -INFINITE, floor(number)
            case "<":
                return name.id, -INFINITE, ceil(number) - 1
            case ">=":
                return name.id, ceil(number), INFINITE
            case ">":
                return name.id, floor(number) + 1, INFINITE
            case "==":
                return name.id, ceil(number), floor(number)
        return nothing


def deferrable(
    function: ast.Function, home: Environment, overrides: Mapping[str, Any]
) -> Requirements:
    """The requirements of a network's body that sums can settle."""
    env = header(function, home, overrides)
    kept, names = [], set()
    for statement in function.body.statements:
        if isinstance(statement, ast.Let):
            _bind(statement.name, _number(statement.value, env), env, statement.span)
    for statement in function.body.statements:  # which are settled at its end
        if not isinstance(statement, ast.Require):
            continue
        costs = set(names_read(statement.condition)) & set(ADDITIVE)
        if has_choice(statement.condition):  # what is decided there is decided in the network
            continue
        if costs and _is_known(statement.condition, env):
            kept.append(statement)
            names |= costs
    return Requirements(tuple(kept), tuple(name for name in ADDITIVE if name in names), env)


def header(function: ast.Function, home: Environment, overrides: Mapping[str, Any]) -> Environment:
    """The hyperparameters of a network that are one number in all of its programs."""
    env = Environment(home)
    for item in function.hyperparameters:
        value = overrides.get(item.name)
        if value is None and item.default is not None:
            value = _number(item.default, env)
        _bind(item.name, value, env, function.span)
    return env


def _bind(name: str, value: Any, env: Environment, span: Span) -> None:
    """A name whose value is not known beforehand hides what is called so outside."""
    env.replace(name, Poison() if value is None else value, span)


def _is_known(node: ast.Node, env: Environment) -> bool:
    """Whether all that an expression reads beside costs is known beforehand."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _is_cost(node) or _number(node, env) is not None
    if isinstance(node, ast.Call):
        return all(_is_known(argument.value, env) for argument in node.arguments)
    return all(_is_known(child, env) for child in ast.children(node))


def _number(text: ast.Expression, env: Environment) -> Any:
    """The number or truth value of a text; None where it is none, or is not known beforehand."""
    if has_choice(text):
        return None
    try:
        value = evaluate.evaluate(text, env, _anywhere())
    except (Fault, Poisoned):  # a name that is bound later, or open
        return None
    return value if type(value) in (int, float, bool) else None


def _anywhere() -> Context:
    """What expressions of numbers alone are worked out in."""
    return Context(Session(), GraphBuilder(Session().limits, Facts()), NO_NAMES)


def _conjuncts(node: ast.Expression) -> Iterator[ast.Expression]:
    if isinstance(node, ast.Binary) and node.operator == "and":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _is_cost(node: ast.Node) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id in ADDITIVE


class Meter:
    """Adds up the costs of a graph that grows."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.totals = [0] * len(names)
        self.position = 0
        self._owners: dict[str, Any] = {}  # of weights, with the node that was the first

    def mark(self) -> tuple[Any, ...]:
        """What `restore` takes back to."""
        return (*self.totals,), self.position, len(self._owners)

    def restore(self, mark: tuple[Any, ...]) -> None:
        """As it was."""
        totals, self.position, owners = mark
        self.totals = list(totals)
        while len(self._owners) > owners:
            self._owners.popitem()

    def read(self, builder: GraphBuilder) -> Totals:
        """The costs of the nodes so far."""
        if self.names and len(builder.nodes) > self.position:  # settings of `train` make no nodes
            nodes = builder.nodes[self.position :]
            self.position = len(builder.nodes)
            self._add(nodes, builder.values, builder.batch)
        return tuple(self.totals)

    def _add(self, nodes: Sequence[Any], values: Sequence[Any], sizes: Mapping[str, int]) -> None:
        owners, part = self._owners, cost.Stretch(nodes, values)
        first = [node for node in nodes if owners.setdefault(node.owner, node) is node]
        for place, name in enumerate(self.names):
            match name:
                case "params":
                    added: Any = cost.params(cost.Stretch(first, values))
                case "flops":
                    added = cost.flops_dim(part, sizes)
                case "activations":
                    added = cost.activations_dim(part, sizes)
                case _:
                    added = cost.layers(part)
            if not isinstance(added, int):
                raise OpenCost(name, str(added))
            self.totals[place] += added


class OpenCost(Exception):
    """A cost that a requirement reads depends on an axis whose size nobody gave."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"{name} is {value}")
