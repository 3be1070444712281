"""Which decisions an expansion has read, and how much of the graph stood by then.

Whoever looks for decisions that make a given program wants to know which of them a wrong layer
rests on: those that were read before it was made. A choice that got a name, or that is an item of a
list, is read where the name or the item is, however long before it was decided. What is claimed is
on the safe side: a list that is not merely handed on is read as a whole.

Comes in: what `let`, lists and names hold, as they are worked out. Goes out: for each decision, by
its number, how many nodes there were when it was first read.
"""

from collections.abc import Sequence, Set
from typing import Any

from ...grammar import ast
from .builder import GraphBuilder

Numbers = Set[int]
_NONE: Numbers = frozenset()


class Reads:
    """What one expansion has read so far. What is decided or read while a value is worked out is
    not read before that value is: such values wait, one within another.
    """

    def __init__(self) -> None:
        self.builder: GraphBuilder | None = None  # of the network itself, not of a cell
        self.read_at: dict[int, int] = {}
        self.handed_on: set[int] = set()  # expressions, by id, whose value is passed on as it is
        self._waiting: list[set[int]] = []
        self._known: dict[int, tuple[object, Numbers]] = {}  # what a name rests on
        self._items: dict[int, tuple[object, Sequence[Numbers]]] = {}  # and each item of a list

    def all(self) -> set[int]:
        """Every decision that may have mattered by now."""
        return set(self.read_at).union(*self._waiting)

    def before(self, node: int) -> set[int]:
        """The decisions that a node may rest on, by its place in the graph."""
        return {number for number, nodes in self.read_at.items() if nodes <= node}

    # --- reading

    def note(self, numbers: Numbers) -> None:
        """These decisions are read, by the innermost value that is being worked out."""
        if self._waiting:
            self._waiting[-1] |= numbers
            return
        assert self.builder is not None
        for number in numbers:
            self.read_at.setdefault(number, len(self.builder.nodes))

    def note_at_once(self, number: int) -> None:
        """A decision that is remembered, and read again without a word."""
        for waiting in self._waiting:
            waiting.add(number)
        assert self.builder is not None
        self.read_at.setdefault(number, len(self.builder.nodes))

    def open(self) -> int:
        """A value is being worked out; `close` with the number returned ends it."""
        self._waiting.append(set())
        return len(self._waiting) - 1

    def close(self, mark: int) -> Numbers:
        """What the value rests on."""
        found = set[int]().union(*self._waiting[mark:])
        del self._waiting[mark:]
        return found

    # --- names and lists

    def name(self, known: object, numbers: Numbers) -> None:
        """What a name stands for rests on these decisions."""
        self._known[id(known)] = known, numbers

    def read(self, known: object) -> None:
        """The name is read."""
        _, numbers = self._known.get(id(known), (None, _NONE))
        if numbers:
            self.note(numbers)

    def list(self, value: tuple[Any, ...], items: Sequence[Numbers]) -> None:
        """Each item of a list rests on decisions of its own."""
        if value:
            self._items[id(value)] = value, items

    def items_of(self, value: tuple[Any, ...]) -> Sequence[Numbers]:
        """What each item rests on."""
        known = self._items.get(id(value))
        return [_NONE] * len(value) if known is None else known[1]

    def seen(self, node: object, value: Any) -> None:
        """An expression has a value: a list is read as a whole unless it is handed on."""
        if type(value) is tuple and id(node) not in self.handed_on:
            self._read_whole(value)

    def joins(self, node: ast.Binary, left: Any, right: Any) -> bool:
        """Whether two lists are put together; any other operation reads them."""
        if node.operator == "+" and type(left) is tuple and type(right) is tuple:
            return True
        for side in (left, right):
            if type(side) is tuple:
                self._read_whole(side)
        return False

    def join(self, node: ast.Binary, left: Any, right: Any, value: Any) -> None:
        """The items of two lists stay unread in the one that was made of them."""
        self.list(value, (*self.items_of(left), *self.items_of(right)))
        self.seen(node, value)

    def passed_on(self, node: ast.If, branch: ast.Expression) -> None:
        """The value of a branch is handed on if that of the whole is."""
        if id(node) in self.handed_on:
            self.handed_on.add(id(branch))

    def _read_whole(self, value: tuple[Any, ...]) -> None:
        known = self._items.get(id(value))
        if known is not None:
            self.note(set[int]().union(*known[1]))
        for item in value:
            if type(item) is tuple:
                self._read_whole(item)

    def index(self, value: tuple[Any, ...], position: "int | slice", found: Any) -> None:
        """An item is read; of a slice the items stay unread."""
        known = self._items.get(id(value))
        if known is None:
            return
        if isinstance(position, slice):
            if found is not value:
                self.list(found, known[1][position])
        elif known[1][position]:
            self.note(known[1][position])
