"""Which parts of a program's text came out as they stand: they are written without a look inside.

Comes in: pieces of syntax, and an expansion. Goes out: identities of nodes. May be assumed of a
part that holds no choice and none of `touched`: written out, it is a copy of itself.
"""

from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.values import FunctionStage
from .expansion import Expansion

_OPEN = (ast.Choice, ast.Optional, ast.Range, ast.Open)
MOST_KNOWN = 50_000
_known: dict[int, tuple[ast.Node, frozenset[int] | None]] = {}
"""By identity, which an entry keeps alive: a space's text is the same for every program of it."""


def below(node: ast.Node) -> frozenset[int] | None:
    """The identities of a node and of all below it; None where something is open in it, or where it
    stands in no text.
    """
    if node.span is NOWHERE:
        return None
    found = _known.get(id(node))
    if found is None:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        found = _known[id(node)] = node, _below(node)
    return found[1]


def _below(node: ast.Node) -> frozenset[int] | None:
    if isinstance(node, _OPEN):
        return None
    parts = [below(child) for child in ast.children(node)]
    known = [part for part in parts if part is not None]
    return frozenset({id(node)}.union(*known)) if len(known) == len(parts) else None


def touched(expansion: Expansion) -> set[int]:
    """The nodes at which something was decided, and those that use a block in which it was."""
    found = {node for _, node in (*expansion.decided, *expansion.values)}
    blocks: dict[tuple[int, int], Any] = {}
    for (_, node), (_, stage) in expansion.applied.items():
        if isinstance(stage, FunctionStage):
            function = stage.reference.function
            blocks[node, id(function)] = function
    while True:
        more = {node for (node, _), function in blocks.items() if _holds(function, found)} - found
        if not more:
            return found
        found |= more


def _holds(function: ast.Function, nodes: set[int]) -> bool:
    known = below(function)
    return known is None or not known.isdisjoint(nodes)
