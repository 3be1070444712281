"""Which parts of a program's text came out as they stand: they are written without a look inside.

Comes in: pieces of syntax, and an expansion. Goes out: identities of nodes. May be assumed of a
part that holds no choice and none of `touched`: written out, it is a copy of itself.
"""

from collections.abc import Collection

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.alike import draws
from ..expand.values import FragmentStage, FunctionStage
from .open_network import Expansion

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


def touched(expansion: Expansion, program: ast.Program, renamed: Collection[int] = ()) -> set[int]:
    """The nodes at which something was decided or a name is `renamed`, and those that use a block
    in which it was; and where `any` or `some` stands in what is written out. What was decided for a
    fragment with its name is the same wherever it is used, so those that use one are touched where
    it uses such a block.
    """
    found = {node for _, node in (*expansion.decided, *expansion.values)}
    for item in program.declarations:
        found |= _drawn(item)
    blocks: dict[tuple[int, int], ast.Function] = {}
    fragments: dict[tuple[int, int], ast.Expression] = {}
    for (_, node), (_, stage) in expansion.applied.items():
        if isinstance(stage, FunctionStage):
            blocks[node, id(stage.reference.function)] = stage.reference.function
        elif isinstance(stage, FragmentStage):
            fragments[node, id(stage.expression)] = stage.expression
    uses = set(renamed)
    found |= uses
    while True:
        more = {node for (node, _), block in blocks.items() if _holds(block, found)}
        more |= {node for (node, _), text in fragments.items() if not uses.isdisjoint(_all(text))}
        if more <= uses:
            written = [block for block in blocks.values() if _holds(block, found)]
            return found.union(*map(_drawn, written))
        uses |= more
        found |= more


def _holds(function: ast.Function, nodes: set[int]) -> bool:
    known = below(function)
    return known is None or not known.isdisjoint(nodes)


_everything: dict[int, tuple[ast.Node, frozenset[int], frozenset[int]]] = {}
"""As `_known`, of text in which something is open too, and where `any` or `some` stands in it."""


def _all(node: ast.Node) -> frozenset[int]:
    """The identities of a node and of all below it."""
    return _of(node)[1]


def _drawn(node: ast.Node) -> frozenset[int]:
    return _of(node)[2]


def _of(node: ast.Node) -> tuple[ast.Node, frozenset[int], frozenset[int]]:
    found = _everything.get(id(node))
    if found is None:
        if len(_everything) >= MOST_KNOWN:
            _everything.clear()
        parts = [_of(child) for child in ast.children(node)]
        whole = frozenset({id(node)}.union(*(part[1] for part in parts)))
        own = {id(node)} if draws(node) else set()
        drawn = frozenset(own.union(*(part[2] for part in parts)))
        found = _everything[id(node)] = node, whole, drawn
    return found
