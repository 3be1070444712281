"""Coordinates: every box and line of a picture, in pixels, from the top left corner.

Comes in: boxes, each closed (without children) or open. Goes out: a `Scene`. An open box is laid
out by itself and then stands in its row as a closed one does; so neighbours never overlap.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ._picture import Box
from ._rows import Line, Rows, Slot, arrange

Point = tuple[float, float]

COLUMN_GAP = 22.0
ROW_GAP = 24.0
BORDER_GAP = 14.0
PADDING = 14.0
HEADER = 26.0
PASSING = 6.0
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its corner and size."""

    box: Box
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A value's way between two rows, or straight through one; the arrow is at its end."""

    start: Point
    end: Point
    value: int
    arrow: bool


@dataclass(slots=True)
class Scene:
    """Everything placed, outer boxes before inner ones, and where values cross the border."""

    width: float
    height: float
    boxes: list[Placed] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    enter: dict[int, float] = field(default_factory=dict)
    leave: dict[int, float] = field(default_factory=dict)


Measure = Callable[[Box], tuple[float, float]]
"""The width and height of a closed box, or the least of an open one's header."""


def lay_out(
    boxes: Sequence[Box], entering: Sequence[int], leaving: Sequence[int], measure: Measure
) -> Scene:
    """The boxes of one block in rows; open ones are laid out first, inside."""
    inner = {
        box.key: _framed(box, lay_out(box.children, box.inputs, box.outputs, measure), measure)
        for box in boxes
        if box.children
    }
    return _Placing(arrange(boxes, entering, leaving), inner, measure).scene()


def _framed(box: Box, scene: Scene, measure: Measure) -> Scene:
    """A scene with room for a frame and its header."""
    width = max(scene.width + 2 * PADDING, measure(box)[0])
    right, down = (width - scene.width) / 2, HEADER
    framed = Scene(width, scene.height + HEADER)
    _embed(scene, framed, right, down)
    framed.enter = {value: x + right for value, x in scene.enter.items()}
    framed.leave = {value: x + right for value, x in scene.leave.items()}
    return framed


def _embed(scene: Scene, target: Scene, right: float, down: float) -> None:
    for placed in scene.boxes:
        x, y = placed.x + right, placed.y + down
        target.boxes.append(Placed(placed.box, x, y, placed.width, placed.height))
    for curve in scene.curves:
        start = curve.start[0] + right, curve.start[1] + down
        end = curve.end[0] + right, curve.end[1] + down
        target.curves.append(Curve(start, end, curve.value, curve.arrow))


class _Placing:
    def __init__(self, rows: Rows, inner: Mapping[str, Scene], measure: Measure) -> None:
        self.rows = rows
        self.inner = inner
        self.sizes = {slot.number: self._size(slot, measure) for row in rows.rows for slot in row}
        self.slots = {slot.number: slot for row in rows.rows for slot in row}
        self.above: dict[int, list[Line]] = {}
        self.below: dict[int, list[Line]] = {}
        for line in rows.lines:
            self.above.setdefault(line.below, []).append(line)
            self.below.setdefault(line.above, []).append(line)
        self.center: dict[int, float] = {}

    def _size(self, slot: Slot, measure: Measure) -> tuple[float, float]:
        if slot.box is None:
            return PASSING, 0.0
        scene = self.inner.get(slot.box.key)
        return measure(slot.box) if scene is None else (scene.width, scene.height)

    def scene(self) -> Scene:
        self._find_centers()
        left = min((x - self.sizes[n][0] / 2 for n, x in self.center.items()), default=0.0)
        right = max((x + self.sizes[n][0] / 2 for n, x in self.center.items()), default=0.0)
        self.center = {number: x - left for number, x in self.center.items()}
        scene = Scene(right - left, 0.0)
        tops = self._place_rows(scene)
        self._draw_lines(scene, tops)
        scene.enter = {value: self.center[slot] for value, slot in self.rows.enter.items()}
        scene.leave = {value: self.center[slot] for value, slot in self.rows.leave.items()}
        return scene

    # --- across

    def _find_centers(self) -> None:
        for row in self.rows.rows:
            x = 0.0
            for slot in row:
                self.center[slot.number] = x + self.sizes[slot.number][0] / 2
                x += self.sizes[slot.number][0] + COLUMN_GAP
        for _ in range(_SWEEPS):
            for row in self.rows.rows:
                self._settle(row, self.above)
            for row in reversed(self.rows.rows):
                self._settle(row, self.below)

    def _settle(self, row: Sequence[Slot], lines: Mapping[int, list[Line]]) -> None:
        """Moves a row's slots as close below or above their neighbours as their widths allow."""
        wanted, weights, offsets = [], [], []
        at = 0.0
        for slot in row:
            width = self.sizes[slot.number][0]
            pulls = [self._pull(line, slot.number) for line in lines.get(slot.number, ())]
            weight = sum(weight for weight, _ in pulls)
            mean = sum(w * x for w, x in pulls) / weight if pulls else self.center[slot.number]
            wanted.append(mean - (at + width / 2))
            weights.append(weight or 0.1)
            offsets.append(at + width / 2)
            at += width + COLUMN_GAP
        for slot, shift, offset in zip(row, _monotone(wanted, weights), offsets, strict=True):
            self.center[slot.number] = shift + offset

    def _pull(self, line: Line, number: int) -> tuple[float, float]:
        """How strongly a line pulls a slot, and to where; what only passes wants to be straight."""
        passing = (self.slots[line.above].box is None) + (self.slots[line.below].box is None)
        away = self._leaves_at(line) - self._enters_at(line)
        return 1.0 + 2 * passing, self.center[number] + (away if number == line.below else -away)

    def _leaves_at(self, line: Line) -> float:
        return self._attached(line.above, line.value, "leave")

    def _enters_at(self, line: Line) -> float:
        return self._attached(line.below, line.value, "enter")

    def _attached(self, number: int, value: int, side: str) -> float:
        """Where a line touches a slot: its middle, or where an open box lets the value through."""
        box = self.slots[number].box
        scene = self.inner.get(box.key) if box is not None else None
        if scene is None:
            return self.center[number]
        points = scene.leave if side == "leave" else scene.enter
        return self.center[number] - scene.width / 2 + points.get(value, scene.width / 2)

    # --- down

    def _place_rows(self, scene: Scene) -> list[tuple[float, float]]:
        """Places the boxes; the top and bottom of each row."""
        tops: list[tuple[float, float]] = []
        y = 0.0
        for index, row in enumerate(self.rows.rows):
            height = max(self.sizes[slot.number][1] for slot in row)
            for slot in row:
                self._place_box(scene, slot, y, height)
            tops.append((y, y + height))
            border = not height or self._is_border(index + 1)
            y += height + (BORDER_GAP if border else ROW_GAP)
        scene.height = tops[-1][1] if tops else 0.0
        if not self.rows.leave:
            scene.height += BORDER_GAP
        return tops

    def _is_border(self, index: int) -> bool:
        return index < len(self.rows.rows) and all(s.box is None for s in self.rows.rows[index])

    def _place_box(self, scene: Scene, slot: Slot, y: float, room: float) -> None:
        if slot.box is None:
            return
        width, height = self.sizes[slot.number]
        x, y = self.center[slot.number] - width / 2, y + (room - height) / 2
        scene.boxes.append(Placed(slot.box, x, y, width, height))
        if slot.box.key in self.inner:
            _embed(self.inner[slot.box.key], scene, x, y)

    def _draw_lines(self, scene: Scene, tops: Sequence[tuple[float, float]]) -> None:
        row_of = {slot.number: index for index, row in enumerate(self.rows.rows) for slot in row}
        for line in self.rows.lines:
            upper, lower = tops[row_of[line.above]], tops[row_of[line.below]]
            height_above, height_below = self.sizes[line.above][1], self.sizes[line.below][1]
            start_y = (upper[0] + upper[1] + height_above) / 2
            end_y = (lower[0] + lower[1] - height_below) / 2
            above, below = self.slots[line.above], self.slots[line.below]
            if above.box is None:
                start_y = upper[1]
            if below.box is None:
                end_y = lower[0]
                x = self.center[line.below]
                if lower[1] > lower[0]:
                    scene.curves.append(Curve((x, lower[0]), (x, lower[1]), line.value, False))
            start, end = (self._leaves_at(line), start_y), (self._enters_at(line), end_y)
            closed = below.box is not None and below.box.key not in self.inner
            scene.curves.append(Curve(start, end, line.value, closed))


def _monotone(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing numbers nearest to those wanted: pools of neighbours share their mean."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, weight_b, count_b), (a, weight_a, count_a) = pools.pop(), pools.pop()
            total = weight_a + weight_b
            pools.append(((a * weight_a + b * weight_b) / total, total, count_a + count_b))
    return [value for value, _, count in pools for _ in range(count)]
