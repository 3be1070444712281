"""DOT, for Graphviz: open blocks are clusters."""

from collections.abc import Iterator, Sequence

from ._picture import Box, Picture, edges, small_print, suitable_depth

_MOST = 400


def draw(picture: Picture, depth: int | None) -> str:
    """The picture as DOT; `depth` levels of blocks stand open."""
    opened = suitable_depth(picture, _MOST) if depth is None else depth
    boxes = picture.folded(opened)
    names: dict[str, str] = {}
    lines = [
        f"digraph {_quoted(picture.graph.name)} {{",
        '  node [shape=box, style=rounded, fontname="monospace", fontsize=11];',
        '  edge [fontname="monospace", fontsize=9];',
        *_boxes([*picture.inputs, *boxes, *picture.outputs], names, "  "),
        *(
            f"  {names[edge.source]} -> {names[edge.target]} [tooltip={_quoted(str(edge.type))}];"
            for edge in edges(picture, boxes)
        ),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _boxes(boxes: Sequence[Box], names: dict[str, str], indent: str) -> Iterator[str]:
    for box in boxes:
        if not box.children:
            names[box.key] = f"n{len(names)}"
            yield f"{indent}{names[box.key]} [label={_label(box)}{_shape(box)}];"
            continue
        yield f"{indent}subgraph {_quoted(f'cluster_{box.key}')} {{"
        yield f"{indent}  label={_quoted(box.headline)}; style=dashed;"
        yield from _boxes(box.children, names, indent + "  ")
        yield f"{indent}}}"


def _shape(box: Box) -> str:
    if box.kind == "block":
        return ", peripheries=2"
    return ", shape=ellipse" if box.kind in ("input", "output") else ""


def _label(box: Box) -> str:
    return _quoted("\n".join([box.headline, *small_print(box)]))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
