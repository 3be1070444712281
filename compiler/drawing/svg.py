"""SVG: one self-contained picture, readable on light and dark ground."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ._layout import HEADER, Curve, Placed, Scene, lay_out
from ._picture import Box, Picture, details, small_print, suitable_depth, totals
from ._style import FONT, class_of, style_of

MOST = 70
"""Boxes that a picture shows unless told how many levels to open."""

_MARGIN = 20.0
_WIDE, _NARROW = 7.3, 6.5
"""Pixels that a character takes in a headline and in the small print."""


def draw(picture: Picture, depth: int | None) -> str:
    """The picture as SVG; `depth` levels of blocks stand open."""
    opened = suitable_depth(picture, MOST) if depth is None else depth
    boxes = (*picture.inputs, *picture.folded(opened), *picture.outputs)
    return "".join(f"{line}\n" for line in _lines(picture, lay_out(boxes, (), (), _measure)))


def _measure(box: Box) -> tuple[float, float]:
    lines = small_print(box)
    width = max(_WIDE * len(box.headline), *(_NARROW * len(line) for line in lines))
    return max(width + 28, 90), 14 + 15 * (1 + len(lines))


def _lines(picture: Picture, scene: Scene) -> Iterator[str]:
    title = f"{picture.graph.name}: {totals(picture)}"
    width = max(scene.width, _WIDE * len(title)) + 2 * _MARGIN
    height = scene.height + 2 * _MARGIN + 30
    left = (width - scene.width) / 2
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(title)}>'
    )
    yield f"<title>{escape(title)}</title>"
    yield f"<style>{style_of({placed.box.family for placed in scene.boxes})}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="head" d="M0 0.5 L8 4 L0 7.5 z"/>'
        "</marker></defs>"
    )
    yield f'<rect class="ground" width="100%" height="100%"/><g font-family="{FONT}">'
    yield f'<text class="title" x="{width / 2:.1f}" y="28">{escape(title)}</text>'
    yield f'<g transform="translate({left:.1f} {_MARGIN + 30:.1f})">'
    opened = [placed for placed in scene.boxes if placed.box.children]
    yield from (_frame(placed) for placed in opened)
    yield from (_curve(curve) for curve in scene.curves)
    for placed in scene.boxes:
        if not placed.box.children:
            yield from _box(placed)
    yield "</g></g></svg>"


def _frame(placed: Placed) -> str:
    box = placed.box
    caption = f'x="{placed.x + 12:.1f}" y="{placed.y + HEADER - 9:.1f}"'
    return (
        f'<g><title>{escape(_hover(box))}</title><rect class="frame" x="{placed.x:.1f}" '
        f'y="{placed.y:.1f}" width="{placed.width:.1f}" height="{placed.height:.1f}" rx="10"/>'
        f'<text class="caption" {caption}>{escape(box.headline)}</text></g>'
    )


def _box(placed: Placed) -> Iterator[str]:
    box, middle = placed.box, placed.x + placed.width / 2
    yield f'<g class="box {class_of(box.family)}"><title>{escape(_hover(box))}</title>'
    if box.kind == "block":  # a second edge behind it: there is more inside
        yield (
            f'<rect class="behind" x="{placed.x + 4:.1f}" y="{placed.y + 4:.1f}" '
            f'width="{placed.width:.1f}" height="{placed.height:.1f}" rx="7"/>'
        )
    radius = placed.height / 2 if box.kind in ("input", "output") else 7
    yield (
        f'<rect x="{placed.x:.1f}" y="{placed.y:.1f}" width="{placed.width:.1f}" '
        f'height="{placed.height:.1f}" rx="{radius:.1f}"/>'
    )
    for index, line in enumerate([box.headline, *small_print(box)]):
        kind = "small" if index else "name"
        y = placed.y + 19 + 15 * index
        yield f'<text class="{kind}" x="{middle:.1f}" y="{y:.1f}">{escape(line)}</text>'
    yield "</g>"


def _hover(box: Box) -> str:
    return "\n".join(f"{name}: {text}" for name, text in details(box))


def _curve(curve: Curve) -> str:
    (x1, y1), (x2, y2) = curve.start, curve.end
    bend = (y2 - y1) / 2
    way = f"C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    if abs(x1 - x2) < 0.5:
        way = f"V{y2:.1f}"
    arrow = ' marker-end="url(#arrow)"' if curve.arrow else ""
    return f'<path class="flow" d="M{x1:.1f} {y1:.1f} {way}"{arrow}/>'
