"""What a program's `train` blocks decide in a space: the texts are put side by side.

Comes in: the blocks and the file's `let`s of a space and of a finished program. Goes out: by the id
of each choice in the space's text what the program has there. May be assumed: the program has a
`train` block. What the space does not set is not passed over: an edit of the program would lose it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from ..expand.decisions import Alternatives, range_of
from ..expand.environment import Environment
from ..expand.meanings import meaning
from ..expand.values import OpenLet
from ..expand.written import literal
from .states import decisions_of

Decisions = dict[int, Any]


class Differs(Exception):
    """The blocks are none that the space offers; its text says why."""


def decisions(
    blocks: Sequence[ast.Settings],
    space: ast.Program,
    home: Environment,
    own: Sequence[ast.Settings],
    of: ast.Program,
    names: Callable[[], Environment],
) -> Decisions:
    """The decisions that make a program's settings; `home` has the names of the space's file, and
    `names` gives those of the program's. Raises Differs.
    """
    _expect_no_more(blocks, own)
    walk = _Walk(_lets(space), home, _lets(of), names)
    theirs = {(block.name, item.name): item.value for block in own for item in block.settings}
    found: Decisions = {}
    for block in blocks:
        for item in block.settings:
            value = theirs.get((block.name, item.name))
            if value is None:
                raise Differs(_missing(block, item.name, own))
            decided = walk.match(item.value, value, home)
            together = None if decided is None else _joined(found, decided)
            if together is None:
                raise Differs(f"its `{item.name}` in {_called(block)} is not offered")
            found = together
    return found


def _expect_no_more(blocks: Sequence[ast.Settings], own: Sequence[ast.Settings]) -> None:
    """Raises Differs where the program has a block, or a setting, that the space has not."""
    offered = {block.name: {item.name for item in block.settings} for block in blocks}
    for block in own:
        if block.name not in offered:
            raise Differs(_unknown(block, offered))
        for item in block.settings:
            if item.name not in offered[block.name]:
                raise Differs(f"its {_called(block)} sets `{item.name}`, which the space does not")


def _unknown(block: ast.Settings, offered: Collection[str | None]) -> str:
    if not offered:
        return f"it has a {_called(block)}, which the space has not"
    if block.name is None:
        return "its `train` has no name, and those of the space have one"
    return f"its `train` is called `{block.name}`, and the space has none of that name"


def _missing(block: ast.Settings, setting: str, own: Sequence[ast.Settings]) -> str:
    if all(item.name != block.name for item in own):
        return f"it has no {_called(block)}, which the space has"
    return f"its {_called(block)} lacks `{setting}`"


def _called(block: ast.Settings) -> str:
    return "`train`" if block.name is None else f"`train {block.name}`"


def _lets(program: ast.Program) -> Mapping[str, ast.Expression]:
    lets = [item for item in program.declarations if isinstance(item, ast.Let)]
    return {item.name: item.value for item in lets}


def _joined(one: Decisions, two: Decisions) -> Decisions | None:
    """Both, None where they differ: what a `let` leaves open is read in several places."""
    return one | two if all(one.get(key, two[key]) == two[key] for key in two) else None


class _Walk:
    """`home` is the file of the space, whose `let`s are `lets`."""

    def __init__(
        self,
        lets: Mapping[str, ast.Expression],
        home: Environment,
        their_lets: Mapping[str, ast.Expression],
        their_names: Callable[[], Environment],
    ) -> None:
        self.lets = lets
        self.home = home
        self.their_lets = their_lets
        self.their_names = their_names

    def match(self, mine: Any, other: Any, home: Environment) -> Decisions | None:
        """What is decided where one text, of a file, became the other; None where it cannot."""
        named = self._named(mine, home)
        if isinstance(other, ast.Name) and (named or not isinstance(mine, ast.Name)):
            other = self.their_lets.get(other.id, other)
        if named is not None:
            text, home = named
            return self.match(text, other, home)
        match mine:
            case ast.Name() | ast.Attribute():
                return {} if self._means(mine, home, other) else None
            case ast.Choice(options=options):
                for place in decisions_of(Alternatives(options)):
                    found = self.match(options[place], other, home)
                    if found is not None:
                        return {id(mine): place} | found
                return None
            case ast.Range():
                return _within(mine, ast.number_of(other))
            case ast.Node():
                return self._parts(mine, other, home)
            case tuple():
                return self._items(mine, other, home)
        return {} if type(mine) is type(other) and mine == other else None

    def _named(self, node: Any, home: Environment) -> tuple[ast.Expression, Environment] | None:
        """The text that a `let` gives a name to, and its file."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return None
        meant = meaning(node, home)
        if isinstance(meant, OpenLet):
            return meant.declaration.value, meant.home
        if home is self.home and isinstance(node, ast.Name) and node.id in self.lets:
            return self.lets[node.id], home
        return None

    def _means(self, mine: ast.Name | ast.Attribute, home: Environment, other: Any) -> bool:
        """Whether a name, of a file, became the other text: the name itself, unless another file
        has it, or what means the same.
        """
        value = meaning(mine, home)
        if mine == other and (home is self.home or value is None):
            return True
        if isinstance(other, ast.Name | ast.Attribute):
            theirs = meaning(other, self.their_names())
        else:
            theirs = literal(other)
        return value is not None and type(theirs) is type(value) and bool(theirs == value)

    def _parts(self, mine: ast.Node, other: Any, home: Environment) -> Decisions | None:
        number = ast.number_of(mine)
        if number is not None:
            return {} if number == ast.number_of(other) else None
        if type(mine) is not type(other):
            return None
        names = [item.name for item in fields(mine)]
        parts = [(getattr(mine, name), getattr(other, name)) for name in names]
        kept = [(one, two) for one, two in parts if not isinstance(one, Span)]
        return self._all(kept, home)

    def _items(self, mine: tuple[Any, ...], other: Any, home: Environment) -> Decisions | None:
        if not isinstance(other, tuple) or len(mine) != len(other):
            return None
        return self._all(list(zip(mine, other, strict=True)), home)

    def _all(self, pairs: Sequence[tuple[Any, Any]], home: Environment) -> Decisions | None:
        found: Decisions = {}
        for one, two in pairs:
            decided = self.match(one, two, home)
            together = None if decided is None else _joined(found, decided)
            if together is None:
                return None
            found = together
        return found


def _within(node: ast.Range, value: Any) -> Decisions | None:
    """The decision of a range that is a number."""
    ends = [ast.number_of(end) for end in (node.low, node.high, node.step) if end is not None]
    if value is None or None in ends:
        return None
    try:
        domain = range_of(node, *ends)
    except Fault:
        return None
    if isinstance(domain, Alternatives):
        places = [place for place, item in enumerate(domain.options) if item == value]
        return {id(node): places[0]} if places else None
    if hasattr(domain, "step"):
        return {id(node): value} if value in decisions_of(domain) else None
    return {id(node): float(value)} if domain.low <= value <= domain.high else None
