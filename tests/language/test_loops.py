"""`for`, `repeat` and `if` as statements, which bind tensors anew; several tensors as a list."""

from collections.abc import Callable

import pytest
from archc.compiler import verify
from archc.compiler.check import check_text
from archc.compiler.graph import Graph
from archc.grammar.parse import parse
from archc.grammar.print import print_program

UNET = """
block Down(width: int) on x: [N, C, H, W] -> [N, width, H // 2, W // 2] {
    require H % 2 == 0 and W % 2 == 0
    x -> conv(width, 3) -> relu -> maxpool(2)
}
network Net(widths: list = [4, 6], deep: bool = true) on x: f32[N, 3, 8, 8] -> f32[N, _, 8, 8] {
    y = x
    skips = ()
    down: for width in widths {
        skips = (skips, y)
        y = y -> Down(width)
    }
    if deep { y = y -> conv(5, 1) } else { y = y -> relu }
    for (skip, width) in zip(skips[::-1], [6, 3]) {
        larger = y -> upsample(2)
        y = (larger, skip) -> concat(axis=1) -> conv(width, 3)
    }
    repeat(len(skips)) { y = y -> conv(3, 1) }
    y
}
"""


def body(text: str) -> str:
    lines = "\n".join(f"    {line}" for line in text.strip().split("\n"))
    return f"network Net on x: f32[N, 4] {{\n{lines}\n}}\n"


def test_loops_bind_what_follows_reads(graph: Callable[[str], Graph]) -> None:
    found = graph(UNET)
    names = [node.name for node in found.nodes]
    assert names[:3] == ["down.0.Down.conv", "down.0.Down.relu", "down.0.Down.maxpool"]
    assert names[6:] == [
        "conv", "for.0.upsample", "for.0.concat", "for.0.conv", "for.1.upsample", "for.1.concat",
        "for.1.conv", "repeat.0.conv", "repeat.1.conv",
    ]  # fmt: skip
    joined = [node for node in found.nodes if node.layer.name == "concat"]
    assert [str(found.values[node.outputs[0]]) for node in joined] == [
        "f32[N, 9, 4, 4]",
        "f32[N, 9, 8, 8]",
    ]
    assert joined[1].inputs[1] == found.inputs[0].value


def test_every_back_end_carries_them_out(graph: Callable[[str], Graph]) -> None:
    report = verify.verify(graph(UNET), choices=2)
    assert report.ok, str(report)


def test_the_other_branch_is_taken() -> None:
    found = check_text(UNET).graph("Net", {"deep": False, "widths": [4, 6]})
    assert "relu" in [node.name for node in found.nodes]


def test_they_print_as_they_are_written() -> None:
    program = parse(UNET).program
    text = print_program(program)
    assert parse(text).program == program
    assert print_program(parse(text).program) == text
    assert "skips = ()" in text


RIGHT = {
    "a name of the turn is gone after it": "y = x\nrepeat(2) { z = y -> relu, y = z }\nz = y\nz",
    "a turn may begin a name anew": "y = x\nrepeat(2) { z = y -> relu, z = z -> tanh, y = z }\ny",
    "no turn": "y = x\nrepeat(0) { y = y -> dense(3) }\ny",
    "within each other": (
        "y = x\nfor w in [3, 5] {\nrepeat(2) { y = y -> dense(w) }\n"
        "if w == 3 { y = y -> tanh }\n}\ny"
    ),
    "in braces of a stage": (
        "x -> {\nw = x -> mean(1)\nrepeat(2) { w = w -> relu }\nfork { identity, relu } -> add\n}"
    ),
    "a let for each turn": "y = x\nfor w in [1, 2] {\nlet v = 2 * w\ny = y -> dense(v)\n}\ny",
    "a layer that all turns share": (
        "layer same = dense(4)\ny = x\nrepeat(3) { y = y -> same }\ny"
    ),
    "tensors are gone through": "all = (x, x -> relu)\ny = x\nfor z in all { y = y + z }\ny",
    "a stage of the same kind": "x -> for w in [3, 4] { dense(w) } -> repeat(2) { relu }",
    "a requirement under a condition": "if 1 < 2 { require N >= 1 }\nx",
    "several tensors are sliced": "all = (x, x -> relu, x)\n(all[1:] -> concat, all[-1])",
    "one tensor in a list": "all = ()\nall = (all, x)\nall[0] -> relu",
    "one tensor in a list at once": "all = (x,)\nall[0] -> relu",
    "more and more tensors": (
        "all = x\nfor w in range(3) { all = (all, all -> concat(axis=1) -> dense(2)) }\n"
        "all -> concat(axis=1)"
    ),
    "else if": "y = x\nif 1 > 2 { y = y -> relu } else if 1 < 2 { y = y -> tanh }\ny",
}

WRONG = {
    "nothing flows out": ("repeat(2) { y = x -> relu }", ["E238"]),
    "a stage needs a result": ("x -> repeat(2) { y = x -> relu }", ["E238"]),
    "a stage binds nothing outside": ("y = x\nx -> repeat(2) { y = y -> relu, y }", ["E203"]),
    "nor does a fork": ("y = x\nz = x -> fork { { y = y -> relu, y } } -> add\nz", ["E203"]),
    "a let stays what it is": ("let w = 2\nrepeat(2) { w = 3 }\nx -> dense(w)", ["E235"]),
    "the name of a turn is gone": ("repeat(2) { z = x -> relu }\nz", ["E201"]),
    "a broken turn is reported once": (
        "y = x\nrepeat(3) { y = y -> rely }\ny -> dense(2)",
        ["E201"],
    ),
    "a result after the result": ("x -> relu\nrepeat(2) { y = x -> relu }", ["E239"]),
    "no tensors at all": ("()", ["E238"]),
    "nothing to apply": ("() -> relu", ["E301"]),
    "an item that is none": ("all = (x, x)\nall[2]", ["E287"]),
    "tensors as a list": ("x -> B([x, x])", ["E215"]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, codes: Callable[[str], list[str]]) -> None:
    assert codes(body(RIGHT[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, codes: Callable[[str], list[str]]) -> None:
    text, expected = WRONG[name]
    block = "block B(widths: list) on x { x -> dense(len(widths)) }\n"
    assert codes(block * ("B(" in text) + body(text)) == expected


def test_a_state_is_set_under_a_condition() -> None:
    text = """
cell Step(more: bool) on x: f32[N, D] with h: f32[N, D] -> f32[N, D] {
    y = x
    if more { y = y -> dense(D) }
    repeat(2) { y = y -> tanh }
    next h = h + y
    h
}
network Net on x: f32[N, T, 3] -> f32[N, T, 3] { x -> scan(Step(true)) }
"""
    checked = check_text(text)
    assert not checked.reports
    report = verify.verify(checked.graph("Net"), choices=2)
    assert report.ok, str(report)
