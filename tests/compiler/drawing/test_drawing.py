"""Drawings: what they show, how they fold, and that no text of a program becomes markup."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from archc.compiler.check import check_text
from archc.compiler.drawing import draw, formats, picture_of
from archc.compiler.drawing._layout import Placed, Scene, lay_out
from archc.compiler.drawing._picture import (
    Box,
    Picture,
    edges,
    leaves,
    short,
    spell_layer,
    suitable_depth,
)
from archc.compiler.drawing.txt import bytes_text, table
from archc.compiler.graph import Graph

TEXT = """
block Inner(width: int) on x: f32[N, C, H, W] -> f32[N, width, H, W] {
    y = x -> conv(width, 3) -> relu
    y + (x -> conv(width, 1))
}
block Outer(width: int) on x: f32[N, C, H, W] -> f32[N, width, H, W] {
    x -> first: Inner(width) -> Inner(width) -> batchnorm
}
network Net on image: f32[N, 3, 8, 8], extra: f32[N, 4] -> logits: f32[N, 10], features: f32[N, _] {
    x = image -> stem: conv(8, 3)
    y = x -> Outer(8) -> repeat(2) { Outer(8) }
    z = x + y -> mean(axes=[2, 3])
    f = (z, extra) -> concat(axis=1)
    logits = f -> dense(10)
    (logits, f)
}
"""


def graph_of(text: str) -> Graph:
    checked = check_text(text)
    checked.raise_errors()
    return next(iter(checked.graphs.values()))


@pytest.fixture
def graph() -> Graph:
    return graph_of(TEXT)


@pytest.fixture
def picture(graph: Graph) -> Picture:
    return picture_of(graph)


def test_the_folder_is_the_registry(graph: Graph) -> None:
    assert formats() == ("dot", "html", "json", "mmd", "svg", "txt")
    with pytest.raises(ValueError, match="one of dot, html, json, mmd, svg, txt, not 'png'"):
        draw(graph, "png")


# --- what is drawn


def test_blocks_hold_what_stands_in_them(picture: Picture) -> None:
    assert [box.headline for box in picture.boxes] == [
        "stem: conv(8, 3)",
        "Outer(width=8)",
        "repeat.0: Outer(width=8)",
        "repeat.1: Outer(width=8)",
        "add",
        "mean([2, 3])",
        "concat",
        "dense(10)",
    ]
    outer = picture.boxes[1]
    assert [box.headline for box in outer.children] == [
        "first: Inner(width=8)",
        "Inner(width=8)",
        "batchnorm",
    ]
    assert outer.layers == 9
    assert outer.params == sum(box.params for box in outer.children)
    assert len(outer.inputs) == len(outer.outputs) == 1


@pytest.mark.parametrize(("depth", "count"), [(0, 8), (1, 14), (2, 8 + 3 * 8), (None, 8 + 3 * 8)])
def test_depth_says_how_many_levels_stand_open(
    picture: Picture, depth: int | None, count: int
) -> None:
    assert sum(1 for _ in leaves(picture.folded(depth))) == count


def test_a_suitable_depth_keeps_a_drawing_small(picture: Picture) -> None:
    assert [suitable_depth(picture, most) for most in (1, 13, 14, 31, 32, 999)] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_value_has_its_edge_however_blocks_are_folded(picture: Picture, depth: int) -> None:
    found = edges(picture, picture.folded(depth))
    into: dict[str, list[str]] = {}
    for edge in found:
        into.setdefault(edge.target, []).append(edge.source)
    assert into["output logits"] == ["dense"]
    assert into["output features"] == ["concat"]
    assert into["concat"] == ["mean", "input extra"]
    assert len(into["add"]) == 2
    assert "stem" in into["add"]


def test_layers_are_spelled_as_the_program_does() -> None:
    nodes = graph_of(
        "network Net on x: f32[N, 3, 8, 8] -> f32[...] {"
        " x -> conv(8, [3, 1], padding=[[1, 1], [0, 0]], bias=false) -> gelu }"
    ).nodes
    spelled = [spell_layer(node.layer) for node in nodes]
    assert spelled == ["conv(8, [3, 1], padding=[[1, 1], [0, 0]], bias=false)", "gelu"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("gelu", "act=gelu"),
        ("leaky_relu(slope=0.2)", "act=leaky_relu(slope=0.2)"),
        ("{ tanh -> relu }", "act={ tanh -> relu }"),
        ("Twice", "act=Twice"),
        ("Twice(3)", "act=Twice(n=3)"),
        ("{ let f = tanh, f -> relu }", "act={ let f = tanh, f -> relu }"),
        (f"{{ {' -> '.join(['leaky_relu(slope=0.25)'] * 6)} }}", "act={ … }"),
        ("relu, more=[tanh, selu(), 3]", "act=relu, more=[tanh, selu, 3]"),
    ],
)
def test_stages_given_to_blocks_are_spelled_as_the_program_does(given: str, shown: str) -> None:
    text = f"""
block Twice(n: int = 2) on x {{ x -> repeat(n) {{ relu }} }}
block Part(width: int, act: stage, more: list = []) on x {{ x -> dense(width) -> act }}
network Net on x: f32[N, 8] -> f32[N, 4] {{ x -> Part(4, act={given}) }}
"""
    (box,) = picture_of(graph_of(text)).folded(0)
    assert box.title.startswith(f"Part(width=4, {shown}"), box.title


def test_a_cell_is_named_alone() -> None:
    cell = (
        "cell Sum(n: int) on x: f32[N, n] with h: f32[N, n] -> f32[N, n] { next h = h + x\n h }\n"
    )
    text = cell + "network Net on x: f32[N, T, 3] -> f32[...] { x -> scan(Sum(3), reverse=true) }"
    (node,) = graph_of(text).nodes
    assert spell_layer(node.layer) == "scan(Sum, reverse=true)"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (99_949, "99.9k"), (99_950, "100k"),
     (999_499, "999k"), (999_500, "1.0M"), (11_689_512, "11.7M"), (10**12, "1.0T")],
)  # fmt: skip
def test_numbers_are_short(count: int, text: str) -> None:
    assert short(count) == text


def test_memory_is_told_in_bytes() -> None:
    assert [bytes_text(count) for count in (0, 12, 51_400_000)] == ["0 B", "12 B", "51.4 MB"]


# --- where it is drawn


def scene_of(picture: Picture, depth: int | None) -> Scene:
    boxes = (*picture.inputs, *picture.folded(depth), *picture.outputs)
    return lay_out(boxes, (), (), lambda box: (100.0 + 3 * len(box.key), 40.0))


def overlap(a: Placed, b: Placed) -> bool:
    across = a.x < b.x + b.width and b.x < a.x + a.width
    return across and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_boxes_do_not_overlap_and_lie_inside(picture: Picture, depth: int) -> None:
    scene = scene_of(picture, depth)
    closed = [placed for placed in scene.boxes if not placed.box.children]
    assert not [(a, b) for i, a in enumerate(closed) for b in closed[:i] if overlap(a, b)]
    for placed in scene.boxes:
        assert placed.x >= -1e-6
        assert placed.x + placed.width <= scene.width + 1e-6
        assert placed.y + placed.height <= scene.height + 1e-6
    frames = {placed.box.key: placed for placed in scene.boxes if placed.box.children}
    for frame in frames.values():
        for placed in scene.boxes:
            if placed.box in frame.box.children:
                assert frame.x <= placed.x
                assert placed.x + placed.width <= frame.x + frame.width
                assert frame.y < placed.y
                assert placed.y + placed.height < frame.y + frame.height


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_lines_lead_downwards_from_box_to_box(picture: Picture, depth: int) -> None:
    scene = scene_of(picture, depth)
    made: dict[int, Box] = {value: p.box for p in scene.boxes for value in p.box.outputs}
    assert all(curve.end[1] >= curve.start[1] for curve in scene.curves)
    for placed in scene.boxes:
        if placed.box.children:
            continue
        arrows = [
            curve
            for curve in scene.curves
            if curve.arrow
            and abs(curve.end[1] - placed.y) < 1e-6
            and placed.x < curve.end[0] < placed.x + placed.width
        ]
        assert {curve.value for curve in arrows} == {v for v in placed.box.inputs if v in made}


def test_no_line_runs_through_a_box(picture: Picture) -> None:
    scene = scene_of(picture, 1)
    closed = [placed for placed in scene.boxes if not placed.box.children]
    for curve in scene.curves:
        if abs(curve.start[0] - curve.end[0]) > 0.5:
            continue
        x, top, bottom = curve.start[0], curve.start[1], curve.end[1]
        for placed in closed:
            inside = placed.x < x < placed.x + placed.width
            assert not (inside and top < placed.y + 1 and bottom > placed.y + placed.height - 1)


# --- formats


def test_svg_is_well_formed_and_complete(graph: Graph) -> None:
    root = ElementTree.fromstring(draw(graph, "svg", depth=1))
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.tag.endswith("svg")
    texts = ["".join(item.itertext()) for item in root.findall(".//s:text", space)]
    assert "stem: conv(8, 3)" in texts
    assert "f32[N, 8, 8, 8]" in texts
    assert len(root.findall(".//s:rect[@class='frame']", space)) == 3
    assert "http" not in draw(graph, "svg").replace("http://www.w3.org/2000/svg", "")


class Page(HTMLParser):
    """Checks that tags nest, and collects what the page shows and where it points."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.about: list[dict[str, str]] = []
        self.places: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in ("meta", "path"):
            self.stack.append(tag)
        if about := found.get("data-about"):
            self.about.append(dict(json.loads(about)))
        self.places.add(found.get("id") or "")
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.stack.pop() == tag


def test_html_is_one_file_that_knows_everything(graph: Graph) -> None:
    text = draw(graph, "html")
    page = Page(text)
    assert not page.stack
    assert not page.links
    assert {"path": "stem", "output": "f32[N, 8, 8, 8]", "parameters": "224"}.items() <= next(
        item for item in page.about if item["path"] == "stem"
    ).items()
    found = re.search(r'id="lines">(.*?)</script>', text)
    assert found is not None
    for line in json.loads(found[1]):
        assert {f"s{number}" for number in line.values()} <= page.places


def test_dot_and_mermaid_nest_blocks(graph: Graph) -> None:
    dot = draw(graph, "dot", depth=1)
    assert dot.count("subgraph") == 3
    assert dot.count("{") == dot.count("}")
    mermaid = draw(graph, "mmd", depth=1)
    assert mermaid.count("subgraph") == mermaid.count("    end") == 3
    arrows = [line for line in mermaid.splitlines() if "-->" in line]
    assert len(arrows) == len([line for line in dot.splitlines() if "->" in line])
    names = set(re.findall(r"n\d+", mermaid))
    assert {name for line in arrows for name in line.split() if name != "-->"} <= names


def test_json_holds_the_fixed_keys(graph: Graph) -> None:
    answer = json.loads(draw(graph, "json"))
    assert answer["schema_version"] == 1
    assert answer["network"] == "Net"
    assert answer["inputs"][0] == {"name": "image", "dtype": "f32", "shape": ["N", 3, 8, 8]}
    assert [port["name"] for port in answer["outputs"]] == ["logits", "features"]
    layers = answer["layers"]
    assert answer["params"] == sum(layer["params"] for layer in layers)
    assert answer["flops"] == sum(layer["flops"] for layer in layers)
    assert {"name", "layer", "shape", "params", "flops"} <= set(layers[0])
    keys = {node["key"] for node in answer["nodes"]}
    assert {end for edge in answer["edges"] for end in (edge["from"], edge["to"])} <= keys


@pytest.mark.parametrize("name", ["svg", "html", "dot", "mmd"])
def test_text_of_a_program_never_becomes_markup(name: str, graph: Graph) -> None:
    hostile = "<i>&\"'</script>\\"
    renamed = Graph(
        hostile,
        graph.values,
        tuple(type(port)(f"{hostile}{port.name}", port.value) for port in graph.inputs),
        graph.outputs,
        graph.nodes,
        graph.scopes,
    )
    text = draw(renamed, name)
    if name == "dot":
        assert r"""label="<i>&\"'</script>\\image\nf32""" in text
        return
    assert "<i>" not in text
    if name == "svg":
        ElementTree.fromstring(text)
    if name == "html":
        assert not Page(text).stack
        assert text.count("</script>") == 2


# --- the table


@pytest.mark.parametrize("width", [70, 80, 100, 200])
def test_the_table_fits_and_is_aligned(picture: Picture, width: int) -> None:
    lines = table(picture, None, width).split("\n\n")[0].splitlines()
    assert all(len(line) <= width for line in lines)
    rows = [line for line in lines if re.search(r"\d [kM]?B$", line)]
    assert len({len(line) for line in rows}) == 1
    assert len(rows) == sum(1 for _ in leaves(picture.boxes)) + 9 + 1


def test_the_table_tells_names_costs_and_totals(picture: Picture) -> None:
    text = table(picture, 1, None)
    lines = text.splitlines()
    assert any(
        re.match(r"stem +conv\(8, 3\) +f32\[N, 8, 8, 8\] +224 +28,160 +2.0 kB$", x) for x in lines
    )
    assert any(line.startswith("  first ") and "(4 layers)" in line for line in lines)
    assert sum(line.startswith("total") for line in lines) == 1
    assert all(a.strip() or b.strip() for a, b in pairwise(lines))


def test_open_axes_are_named(picture: Picture) -> None:
    open_axes = graph_of("network Net on x: f32[N, T, 4] -> f32[...] { x -> dense(2) }")
    text = table(picture_of(open_axes), None, 80)
    assert re.search(r"dense\(2\) +f32\[N, T, 2\] +10 +\(open\) +\(open\)", text)
    assert "(open) depends on T: give sizes, as by --set T=128" in text
    with_sizes = table(picture_of(open_axes, {"T": 3}), None, 80)
    assert re.search(r"f32\[N, T, 2\] +10 +54 +24 B", with_sizes)
