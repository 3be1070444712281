"""HTML: one file without network; a click opens and closes a block, hovering tells its details."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from ._page import DARK, SCRIPT, STYLE
from ._picture import Box, Picture, details, leaves, small_print, suitable_depth, totals
from ._rows import Rows, Slot, arrange
from ._style import FONT, class_of, html_rules

_MOST = 40


def draw(picture: Picture, depth: int | None) -> str:
    """The page; `depth` levels of blocks stand open at first."""
    opened = suitable_depth(picture, _MOST) if depth is None else depth
    boxes = (*picture.inputs, *picture.boxes, *picture.outputs)
    page = _Page()
    body = "\n".join(page.rows(page.arranged(boxes, (), ()), opened))
    name = escape(picture.graph.name)
    families = {box.family for box in leaves(boxes)}
    style = STYLE.replace("FONT", FONT) + html_rules(families, DARK)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{name}</h1><p>{escape(totals(picture))}</p>
<button type="button" id="unfold">open all</button>
<button type="button" id="fold">close all</button></header>
<main>
<svg width="1" height="1" aria-hidden="true"><defs>
<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path class="head" d="M0 0.5 L8 4 L0 7.5 z"/></marker></defs><g id="flows"></g></svg>
{body}
</main>
<div id="about"><dl></dl></div>
<script type="application/json" id="lines">{_embedded(page.all_lines())}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _embedded(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


@dataclass(slots=True)
class _Page:
    """Numbers the slots of all blocks, and remembers where values cross the border of each."""

    slots: int = 0
    arrangements: list[tuple[int, Rows]] = field(default_factory=list)
    borders: dict[int, tuple[dict[int, int], dict[int, int]]] = field(default_factory=dict)

    def arranged(
        self, boxes: Sequence[Box], entering: Sequence[int], leaving: Sequence[int]
    ) -> tuple[int, Rows]:
        """The rows of a block, and the number that its first slot has on the page."""
        found = self.slots, arrange(boxes, entering, leaving)
        self.slots += sum(map(len, found[1].rows))
        self.arrangements.append(found)
        return found

    def rows(self, arranged: tuple[int, Rows], depth: int) -> Iterator[str]:
        first, found = arranged
        for row in found.rows:
            border = all(slot.box is None for slot in row)
            yield f'<div class="row{" border" if border else ""}">'
            for slot in row:
                yield from self._slot(slot, first + slot.number, depth)
            yield "</div>"

    def _slot(self, slot: Slot, number: int, depth: int) -> Iterator[str]:
        box = slot.box
        if box is None:
            yield f'<span class="way" id="s{number}"></span>'
            return
        text = "".join(f"<small>{escape(line)}</small>" for line in small_print(box))
        head = f"<b>{escape(box.headline)}</b>{text}"
        attributes = f'id="s{number}" data-about="{escape(json.dumps(details(box)))}"'
        if not box.children:
            shape = " port" if box.kind in ("input", "output") else ""
            yield f'<div class="box {class_of(box.family)}{shape}" {attributes}>{head}</div>'
            return
        is_open = depth > 0
        inner = self.arranged(box.children, box.inputs, box.outputs)
        self.borders[number] = _moved(inner[1].enter, inner[0]), _moved(inner[1].leave, inner[0])
        yield f'<div class="box block {"open" if is_open else "closed"}" {attributes}>'
        yield f'<button type="button" aria-expanded="{str(is_open).lower()}">{head}</button>'
        yield '<div class="inside">'
        yield from self.rows(inner, depth - 1)
        yield "</div></div>"

    def all_lines(self) -> list[dict[str, int]]:
        """The lines of all blocks; `leave` and `enter` are slots inside the blocks they join."""
        return [
            {
                "above": first + line.above,
                "below": first + line.below,
                **self._crossing("leave", first + line.above, 1, line.value),
                **self._crossing("enter", first + line.below, 0, line.value),
            }
            for first, found in self.arrangements
            for line in found.lines
        ]

    def _crossing(self, name: str, number: int, side: int, value: int) -> dict[str, int]:
        slot = self.borders[number][side].get(value) if number in self.borders else None
        return {} if slot is None else {name: slot}


def _moved(slots: dict[int, int], first: int) -> dict[int, int]:
    return {value: first + slot for value, slot in slots.items()}
