"""Source lines with carets under them.

Comes in: one source and the labels that stand in it. Goes out: the lines to print, in the manner of
rustc: a gutter with line numbers, `^^^` under primary labels, `---` under secondary ones, a bracket
on the left for what spans several lines, `...` for what was left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .diagnostic import Label
from .render_cells import Row, draw_row, safe
from .span import Source, Span

GUTTER = "1;34"
SECONDARY = "1;34"

LONGEST_BRACKET = 6
"""A label over more lines than this shows its first two and its last two."""

LONGEST_LABEL = 400

Cells = dict[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Palette:
    """Paints with ANSI codes, or not at all. `primary` is the colour of the severity."""

    color: bool
    primary: str

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and style and text else text


@dataclass(frozen=True, slots=True)
class Mark:
    """A label in lines (from 1) and characters (from 0); the end is exclusive."""

    first_line: int
    start: int
    last_line: int
    end: int
    text: str
    secondary: bool

    @property
    def sign(self) -> str:
        return "-" if self.secondary else "^"

    def style(self, palette: Palette) -> str:
        return SECONDARY if self.secondary else palette.primary


@dataclass(frozen=True, slots=True)
class Bracket:
    """A mark over several lines, and the column on the left that is its own."""

    mark: Mark
    lane: int


def excerpt(
    source: Source, labels: Sequence[Label], gutter: int, room: int, palette: Palette
) -> Iterator[str]:
    """The lines of the source that the labels need, with the labels drawn in."""
    marks = list(dict.fromkeys(mark_of(label) for label in labels))
    single = [mark for mark in marks if mark.first_line == mark.last_line]
    brackets = _lanes([mark for mark in marks if mark.first_line != mark.last_line])
    lanes = max((bracket.lane + 1 for bracket in brackets), default=0)
    room = max(room - lanes - 1, 20)
    before = 0
    for number in _shown_lines(marks, source):
        if before and number > before + 1:
            yield palette.paint("...", GUTTER)
        before = number
        for head, cells in _draw_line(source, number, single, brackets, room, palette):
            left = palette.paint(f"{head:>{gutter}} |", GUTTER)
            yield f"{left} {join(cells, palette)}".rstrip()


def mark_of(label: Label) -> Mark:
    """Offsets become lines and characters; a span never ends with the line break it took along."""
    start, end = stretch(label.span)
    source = label.span.source
    first_line, first_column = source.position(start)
    last_line, last_column = source.position(end)
    text = safe(label.text, LONGEST_LABEL)
    return Mark(first_line, first_column - 1, last_line, last_column - 1, text, label.secondary)


def stretch(span: Span) -> tuple[int, int]:
    """The offsets of a span, inside its text, without line breaks at its end."""
    text = span.source.text
    start = min(max(span.start, 0), len(text))
    end = min(max(span.end, start), len(text))
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    return start, end


def _lanes(marks: Iterable[Mark]) -> list[Bracket]:
    """Gives every mark the leftmost lane that is free over all its lines."""
    brackets: list[Bracket] = []
    for mark in sorted(marks, key=lambda mark: (mark.first_line, -mark.last_line)):
        taken = {other.lane for other in brackets if other.mark.last_line >= mark.first_line}
        lane = next(lane for lane in range(len(taken) + 1) if lane not in taken)
        brackets.append(Bracket(mark, lane))
    return brackets


def _shown_lines(marks: Iterable[Mark], source: Source) -> list[int]:
    """Line numbers in order; a single line between two shown ones is shown too."""
    wanted: set[int] = set()
    for mark in marks:
        lines = range(mark.first_line, mark.last_line + 1)
        whole = len(lines) <= LONGEST_BRACKET
        wanted.update(lines if whole else [*lines[:2], *lines[-2:]])
    bridges = {number + 1 for number in wanted if number + 2 in wanted}
    return sorted(wanted | bridges)


def _draw_line(
    source: Source,
    number: int,
    single: Sequence[Mark],
    brackets: Sequence[Bracket],
    room: int,
    palette: Palette,
) -> Iterator[tuple[str, Cells]]:
    """A source line and the rows under it, each with what stands in the gutter."""
    line = source.line(number).rstrip("\r")
    here = [mark for mark in single if mark.first_line == number]
    row = draw_row(line, *_anchor(line, number, here, brackets), room)
    lanes = max((bracket.lane + 1 for bracket in brackets), default=0)
    margin = lanes + 1 if lanes else 0

    active = [b for b in brackets if b.mark.first_line < number <= b.mark.last_line]
    starting = [b for b in brackets if b.mark.first_line == number]
    corners = [b for b in starting if not line[: b.mark.start].strip()]
    opened: Cells = {b.lane: ("|", b.mark.style(palette)) for b in active}

    corner_signs = {b.lane: ("/", b.mark.style(palette)) for b in corners}
    yield str(number), {margin: (row.text, ""), **opened, **corner_signs}
    opened |= {b.lane: ("|", b.mark.style(palette)) for b in corners}
    for cells in _underlines(row, here, margin, palette):
        yield "", opened | cells
    for bracket in starting:
        if bracket in corners:
            continue
        column = margin + row.column(bracket.mark.start)
        yield "", opened | _elbow(bracket, bracket.lane + 1, column, palette)
        opened[bracket.lane] = ("|", bracket.mark.style(palette))
    for bracket in sorted(active, key=lambda bracket: -bracket.lane):
        if bracket.mark.last_line != number:
            continue
        column = margin + max(row.column(bracket.mark.end) - 1, 0)
        cells = _elbow(bracket, bracket.lane + 1, column, palette)
        _write(cells, column + 2, bracket.mark.text, bracket.mark.style(palette))
        yield "", opened | cells
        del opened[bracket.lane]


def _anchor(
    line: str, number: int, here: Sequence[Mark], brackets: Sequence[Bracket]
) -> tuple[int, int]:
    """The characters that should be seen if the line is too long: the primary labels, else any."""
    if here:
        chosen = [mark for mark in here if not mark.secondary] or here
        return min(mark.start for mark in chosen), max(mark.end for mark in chosen)
    for mark in (bracket.mark for bracket in brackets):
        if mark.first_line == number:
            return mark.start, mark.start + 1
        if mark.last_line == number:
            return max(mark.end - 1, 0), mark.end
    return 0, 0


def _underlines(row: Row, marks: Sequence[Mark], margin: int, palette: Palette) -> Iterator[Cells]:
    """The signs under the marks of a line; the last text beside its sign, the others below."""
    if not marks:
        return
    placed = [(margin + row.column(mark.start), mark) for mark in marks]
    placed.sort(key=lambda item: (item[0], not item[1].secondary))
    signs: Cells = {}
    for start, mark in sorted(placed, key=lambda item: not item[1].secondary):
        end = max(margin + row.column(mark.end), start + 1)
        signs |= {column: (mark.sign, mark.style(palette)) for column in range(start, end)}
    start, last = placed[-1]
    if max(start, margin + row.column(last.end) - 1) >= max(signs):
        _write(signs, max(signs) + 2, last.text, last.style(palette))
        placed.pop()
    yield signs
    hanging = [(start, mark) for start, mark in placed if mark.text]
    if hanging:
        yield _stems(hanging, palette)
    while hanging:
        start, mark = hanging.pop()
        cells = {
            column: cell for column, cell in _stems(hanging, palette).items() if column < start
        }
        _write(cells, start, mark.text, mark.style(palette))
        yield cells


def _stems(hanging: Sequence[tuple[int, Mark]], palette: Palette) -> Cells:
    return {start: ("|", mark.style(palette)) for start, mark in hanging}


def _elbow(bracket: Bracket, start: int, end: int, palette: Palette) -> Cells:
    """The line from a bracket to the character where its mark begins or ends."""
    style = bracket.mark.style(palette)
    cells: Cells = dict.fromkeys(range(start, end), ("_", style))
    cells[end] = (bracket.mark.sign, style)
    return cells


def _write(cells: Cells, column: int, text: str, style: str) -> None:
    if text:
        cells[column] = (text, style)


def join(cells: Cells, palette: Palette) -> str:
    """The cells as text: blanks between them, neighbours of one style painted together."""
    pieces: list[str] = []
    run, run_style, at = "", "", 0
    for column in sorted(cells):
        text, style = cells[column]
        if style != run_style or column > at:
            pieces.append(palette.paint(run, run_style) + " " * (column - at))
            run, run_style = "", style
        run += text
        at = column + len(text)
    pieces.append(palette.paint(run, run_style))
    return "".join(pieces)
