"""What a network requires of its costs, settled from sums instead of from states.

Parameters, FLOPs, activations and layers add up over the decisions of a program, so they need not
tell states apart: an edge carries what it adds, and a requirement is asked of the total. `params <=
200k` over a thousand states would otherwise make millions of them.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import add, sub
from typing import Any, TypeGuard

from ...grammar import ast
from ...grammar.record import record
from .. import cost
from ..expand import evaluate
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.decisions import has_choice
from ..expand.environment import Environment
from ..expand.naming import NO_NAMES
from ..expand.requirements import names_read
from ..expand.session import Session
from ..facts import Facts

ADDITIVE = ("params", "flops", "activations", "layers")
Totals = tuple[int, ...]


def plus(left: Totals, right: Totals) -> Totals:
    return tuple(map(add, left, right))


def minus(left: Totals, right: Totals) -> Totals:
    return tuple(map(sub, left, right))


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
        context = Context(Session(), GraphBuilder(Session().limits, Facts()), NO_NAMES)
        for item in self.statements:
            yield evaluate.condition(item.condition, env, context) is True

    def only_bounds_above(self) -> bool:
        """Every requirement is `cost <= n` or `cost < n`: more can only hurt."""
        return all(_bounds_above(item.condition) for item in self.statements)

    def sides(self) -> "tuple[Requirements, Requirements]":
        """What bounds a cost by itself from above, and what from below; `cost == n` does both."""
        parts = [part for item in self.statements for part in _conjuncts(item.condition)]
        above, below = list[ast.Require](), list[ast.Require]()
        for part in parts:
            for side, operators, operator in (above, "< <= ==", "<="), (below, "> >= ==", ">="):
                if _holds_against(part, operators.split()):
                    bound = replace(part, operator=operator) if part.operator == "==" else part
                    side.append(ast.Require(bound, span=part.span))
        return replace(self, statements=tuple(above)), replace(self, statements=tuple(below))


def deferrable(body: ast.Body, env: Environment) -> Requirements:
    """The requirements of a network's body that sums can settle."""
    kept, names = [], set()
    for statement in body.statements:
        if not isinstance(statement, ast.Require):
            continue
        read = set(names_read(statement.condition))
        rest = read - set(ADDITIVE)
        if has_choice(statement.condition):  # what is decided there is decided in the network
            continue
        if read != rest and all(env.find(name) is not None for name in rest):
            kept.append(statement)
            names |= read & set(ADDITIVE)
    return Requirements(tuple(kept), tuple(name for name in ADDITIVE if name in names), env)


def _bounds_above(node: ast.Expression) -> bool:
    return all(_holds_against(part, ("<", "<=")) for part in _conjuncts(node))


def _conjuncts(node: ast.Expression) -> Iterator[ast.Expression]:
    if isinstance(node, ast.Binary) and node.operator == "and":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _holds_against(node: ast.Expression, operators: Container[str]) -> TypeGuard[ast.Binary]:
    """Whether a cost stands on the left, and on the right what is known beforehand."""
    if not isinstance(node, ast.Binary) or node.operator not in operators:
        return False
    left = isinstance(node.left, ast.Name) and node.left.id in ADDITIVE
    return left and not set(names_read(node.right)) & set(ADDITIVE)


class Meter:
    """Adds up the costs of a graph that grows."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.totals = [0] * len(names)
        self.position = 0
        self._owners: dict[str, None] = {}

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
            for node in nodes:
                self._add(node, builder.values, builder.batch)
        return tuple(self.totals)

    def _add(self, node: Any, values: Sequence[Any], sizes: Mapping[str, int]) -> None:
        first = node.owner not in self._owners
        self._owners[node.owner] = None
        for place, name in enumerate(self.names):
            part = cost.Stretch([node], values)
            match name:
                case "params":
                    added: Any = cost.params(part) if first else 0
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
