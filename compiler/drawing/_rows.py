"""Boxes in rows, from top to bottom: the layering of one open block, whatever stands around it.

Comes in: the boxes of a block in the program's order. Goes out: rows of slots and the lines between
slots of neighbouring rows. A slot holds a box, lets a value pass on its way further down, or is the
point where a value enters or leaves the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ._picture import Box

_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a row. `value` says which value passes, enters or leaves where there is no box."""

    number: int
    box: Box | None = None
    value: int = -1


@dataclass(frozen=True, slots=True)
class Line:
    """A value flows from a slot to one in the next row; by number."""

    above: int
    below: int
    value: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows, and lines between neighbours. `enter` and `leave` are the slots at the borders."""

    rows: tuple[tuple[Slot, ...], ...]
    lines: tuple[Line, ...]
    enter: dict[int, int]
    leave: dict[int, int]


def arrange(boxes: Sequence[Box], entering: Sequence[int], leaving: Sequence[int]) -> Rows:
    """Rows in which every value flows downwards and crossings are few."""
    return _Arranging(boxes, entering, leaving).result()


class _Arranging:
    def __init__(self, boxes: Sequence[Box], entering: Sequence[int], leaving: Sequence[int]):
        self.count = 0
        self.row_of: dict[int, int] = {}
        self.slots: dict[int, Slot] = {}
        self.lines: list[Line] = []
        self.enter = {value: self._slot(0, value=value) for value in entering}
        self._maker = dict(self.enter)
        self._users: list[tuple[int, int]] = []
        for box in boxes:
            self._place(box, 1 if entering else 0)
        last = max(self.row_of.values(), default=0)
        self.leave = {value: self._slot(last + 1, value=value) for value in leaving}
        self._users += [(value, slot) for value, slot in self.leave.items()]
        self._connect()

    def _slot(self, row: int, box: Box | None = None, value: int = -1) -> int:
        number = self.count
        self.count += 1
        self.slots[number] = Slot(number, box, value)
        self.row_of[number] = row
        return number

    def _place(self, box: Box, first: int) -> None:
        """One row below the lowest box that feeds it."""
        makers = [self._maker[value] for value in box.inputs if value in self._maker]
        row = max((self.row_of[maker] + 1 for maker in makers), default=first)
        number = self._slot(row, box)
        self._users += [(value, number) for value in box.inputs if value in self._maker]
        self._maker.update(dict.fromkeys(box.outputs, number))

    def _connect(self) -> None:
        """Draws each value down to its users, one slot in every row that it passes."""
        passing: dict[tuple[int, int], int] = {}
        drawn: set[Line] = set()
        for value, user in self._users:
            above = self._maker[value]
            for row in range(self.row_of[above] + 1, self.row_of[user]):
                if (value, row) not in passing:
                    passing[value, row] = self._slot(row, value=value)
                drawn.add(Line(above, passing[value, row], value))
                above = passing[value, row]
            drawn.add(Line(above, user, value))
        self.lines = sorted(drawn, key=lambda line: (line.above, line.below, line.value))

    def result(self) -> Rows:
        rows: list[list[int]] = [[] for _ in range(max(self.row_of.values(), default=-1) + 1)]
        for number, row in self.row_of.items():
            rows[row].append(number)
        for _ in range(_SWEEPS):
            self._sweep(rows, downwards=True)
            self._sweep(rows[::-1], downwards=False)
        ordered = tuple(tuple(self.slots[number] for number in row) for row in rows)
        return Rows(ordered, tuple(self.lines), self.enter, self.leave)

    def _sweep(self, rows: list[list[int]], downwards: bool) -> None:
        """Sorts each row by where its slots' neighbours in the row before stand, on average."""
        neighbours: dict[int, list[int]] = {}
        for line in self.lines:
            here, there = (line.below, line.above) if downwards else (line.above, line.below)
            neighbours.setdefault(here, []).append(there)
        for before, row in zip(rows, rows[1:], strict=False):
            place = {number: index / max(len(before), 1) for index, number in enumerate(before)}
            own = {number: index / max(len(row), 1) for index, number in enumerate(row)}
            row.sort(key=lambda number: _mean(neighbours.get(number, ()), place, own[number]))


def _mean(numbers: Sequence[int], place: dict[int, float], otherwise: float) -> float:
    return sum(place[number] for number in numbers) / len(numbers) if numbers else otherwise
