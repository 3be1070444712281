"""Mermaid, for READMEs and wikis: open blocks are subgraphs."""

from collections.abc import Iterator, Sequence

from ._picture import Box, Picture, edges, small_print, suitable_depth

_MOST = 120


def draw(picture: Picture, depth: int | None) -> str:
    """The picture as a Mermaid flowchart; `depth` levels of blocks stand open."""
    opened = suitable_depth(picture, _MOST) if depth is None else depth
    boxes = picture.folded(opened)
    names: dict[str, str] = {}
    lines = [
        "flowchart TB",
        *_boxes([*picture.inputs, *boxes, *picture.outputs], names, "    "),
        *(f"    {names[edge.source]} --> {names[edge.target]}" for edge in edges(picture, boxes)),
    ]
    return "\n".join(lines) + "\n"


def _boxes(boxes: Sequence[Box], names: dict[str, str], indent: str) -> Iterator[str]:
    for box in boxes:
        name = names[box.key] = f"n{len(names)}"
        if not box.children:
            yield f"{indent}{name}{_shaped(box)}"
            continue
        yield f"{indent}subgraph {name}[{_quoted(box.headline)}]"
        yield from _boxes(box.children, names, indent + "    ")
        yield f"{indent}end"


def _shaped(box: Box) -> str:
    text = _quoted("\n".join([box.headline, *small_print(box)]))
    if box.kind == "block":
        return f"[[{text}]]"
    return f"([{text}])" if box.kind in ("input", "output") else f"[{text}]"


def _quoted(text: str) -> str:
    """Mermaid reads HTML inside quotes; `#` begins an entity."""
    escaped = text.replace("#", "#35;").replace("&", "#amp;").replace('"', "#quot;")
    escaped = escaped.replace("<", "#lt;").replace(">", "#gt;")
    return f'"{escaped.replace(chr(10), "<br/>")}"'
