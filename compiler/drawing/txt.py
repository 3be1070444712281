"""A table of layers as plain text: name, layer, output, parameters, FLOPs, memory; a tree of
blocks.

Comes in: a picture, a depth, the width of the terminal. Goes out: aligned lines that fit it.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..cost import UnknownSizes, longest_path, peak_memory, weight_bytes
from ..cost import layers as count_layers
from ..dims import Dim
from ._picture import Box, Picture, clipped, exact, short

_GAP = "  "
_LEAST = (16, 12, 14)
"""How narrow the first three columns may become; the second then disappears altogether."""
_OPEN = "(open)"
"""What stands for a cost that depends on axes without a size."""

Line = tuple[str, str, str, str, str, str]
HEAD: Line = ("name", "layer", "output", "parameters", "FLOPs", "memory")
_LEFT = 3
"""The columns that are set to the left."""


def draw(picture: Picture, depth: int | None) -> str:
    """The table as wide as it needs to be."""
    return table(picture, depth, None)


def table(picture: Picture, depth: int | None, width: int | None) -> str:
    """The table in `width` columns; `depth` levels of blocks stand open, all unless said."""
    lines = [HEAD, *_ports(picture.inputs), *_lines(picture.folded(depth), "")]
    total = _total(picture)
    widths = _widths([*lines, total], width)
    rule = "-" * _taken(widths)
    rows = [_row(line, widths) for line in lines]
    table_lines = [rows[0], rule, *rows[1:], rule, _row(total, widths), "", *_summary(picture)]
    return "\n".join(line.rstrip() for line in table_lines) + "\n"


def bytes_text(count: Dim) -> str:
    """An amount of memory for people, in powers of 1000: `51.4 MB`."""
    text = short(count)
    return f"{text[:-1]} {text[-1]}B" if text[-1:].isalpha() else f"{text} B"


def _number(count: Dim) -> str:
    return exact(count) if isinstance(count, int) else _OPEN


def _memory(count: Dim) -> str:
    return bytes_text(count) if isinstance(count, int) else _OPEN


def _ports(boxes: Sequence[Box]) -> Iterator[Line]:
    for box in boxes:
        yield box.label, box.kind, box.shape, "", "", ""


def _lines(boxes: Iterable[Box], indent: str) -> Iterator[Line]:
    for box in boxes:
        held = f"{box.layers} layers" if box.kind == "block" and not box.children else ""
        title = f"{box.title} ({held})" if held and box.title else box.title or held
        costs = _number(box.params), _number(box.flops), _memory(box.bytes)
        yield f"{indent}{box.label}", title, box.shape, *costs
        yield from _lines(box.children, indent + "  ")


def _total(picture: Picture) -> Line:
    params = sum(box.params for box in picture.boxes)
    flops = sum((box.flops for box in picture.boxes), 0)
    held = sum((box.bytes for box in picture.boxes), 0)
    return "total", "", "", _number(params), _number(flops), _memory(held)


def _widths(lines: Sequence[Line], width: int | None) -> list[int]:
    """Each column as wide as its longest text; where that is too much, the layers give way."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    if width is None:
        return widths
    for column in (1, 0, 2):
        excess = _taken(widths) - width
        if excess > 0:
            widths[column] = max(widths[column] - excess, min(_LEAST[column], widths[column]))
        if column == 1 and _taken(widths) > width:
            widths[column] = 0
    return widths


def _taken(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(_GAP) * (len(shown) - 1)


def _row(line: Line, widths: Sequence[int]) -> str:
    cells = [clipped(text, room) for text, room in zip(line, widths, strict=True)]
    left = [cell.ljust(room) for cell, room in zip(cells[:_LEFT], widths, strict=False)]
    right = [cell.rjust(room) for cell, room in zip(cells[_LEFT:], widths[_LEFT:], strict=True)]
    return _GAP.join(cell for cell in (*left, *right) if cell)


def _summary(picture: Picture) -> Iterator[str]:
    graph = picture.graph
    yield (
        f"{count_layers(graph)} layers, {longest_path(graph)} on the longest path; "
        f"weights {bytes_text(weight_bytes(graph))}"
    )
    try:
        peak = peak_memory(graph, picture.sizes)
        most = bytes_text(peak.activations)
        yield f"inference holds at most {most} beside the weights, at {peak.node}"
    except UnknownSizes as error:
        given = " ".join(f"--set {name}=128" for name in error.axes)
        yield f"{_OPEN} depends on {', '.join(error.axes)}: give sizes, as by {given}"
    yield "A multiply-add counts as two FLOPs, a symbolic batch as one example."
