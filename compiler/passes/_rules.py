"""Passes that are tables of pattern and result.

Comes in: a table of rules. Goes out: a pass that applies them from the first node to the last.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...grammar.record import record
from ..graph import Node
from ._edit import Array, Edit
from ._pass import Pass

Chain = tuple[Node, ...]
"""Nodes of which each is the only input of the next."""


@record
class Same:
    """The output of the chain is a value that is there already."""

    value: int


@record
class New:
    """A node that makes the output of the chain, and what it changes in the weights."""

    node: Node
    weights: Mapping[str, Array] = field(default_factory=dict)


Result = Same | New | None
"""None where the pattern does not fit after all."""


@record
class Rule:
    """`pattern` names the layers of a chain, each a choice. With `consumes` the chain's inner
    values must have no other use, and its nodes give way to one at the place of the first.
    """

    pattern: tuple[frozenset[str], ...]
    result: Callable[[Edit, Chain], Result]
    consumes: bool = False


@dataclass(frozen=True, slots=True)
class RulePass(Pass):
    """Applies a table of rules; the first rule that fits a node is applied, and the node is looked
    at again.
    """

    @abstractmethod
    def rules(self) -> tuple[Rule, ...]:
        """The table."""

    def rewrite(self, edit: Edit) -> None:
        by_layer: dict[str, list[Rule]] = {}
        for rule in self.rules():
            for name in sorted(rule.pattern[-1]):
                by_layer.setdefault(name, []).append(rule)
        for index, node in edit:
            while any(_apply(edit, index, rule) for rule in by_layer.get(node.layer.name, ())):
                again = edit.node(index)
                if again is None:
                    break
                node = again


def _apply(edit: Edit, index: int, rule: Rule) -> bool:
    found = _match(edit, index, rule)
    if not found:
        return False
    nodes = tuple(node for _, node in found)
    result = rule.result(edit, nodes)
    match result:
        case None:
            return False
        case Same(value):
            edit.remove(index)
            edit.same(nodes[-1].outputs[0], value)
        case New(node, weights):
            edit.weights.update(weights)
            for place, _ in found[1:] if rule.consumes else ():
                edit.remove(place)
            edit.put(found[0][0] if rule.consumes else index, node)
    return True


def _match(edit: Edit, index: int, rule: Rule) -> list[tuple[int, Node]]:
    """The chain that ends at a node, first to last; empty where the pattern does not fit."""
    node = edit.node(index)
    found = [(index, node)] if node is not None and node.layer.name in rule.pattern[-1] else []
    for wanted in reversed(rule.pattern[:-1]):
        if not found or len(found[0][1].inputs) != 1:
            return []
        (value,) = found[0][1].inputs
        before = edit.maker(value)
        if before is None or before[1].layer.name not in wanted or len(before[1].outputs) != 1:
            return []
        if rule.consumes and edit.uses(value) != 1:
            return []
        found.insert(0, before)
    return found
