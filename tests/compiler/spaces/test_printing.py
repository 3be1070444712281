"""Every drawn program has a text: nothing is open in it, it is one program, and the one drawn."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import archc
import pytest
from archc.compiler.expand.alike import is_open
from archc.grammar.parse import parse

BLOCKS = """
vocabulary V { dense(8 | 16), relu, Open }
block Open on x { x -> (relu | tanh) }
block Q(a: stage = silu | gelu) on x { x -> a }
block P(w: int, act: stage = Q()) on x { x -> dense(w) -> act }
block M(w: int, act: stage) on x { x -> dense(w) -> act -> (relu | tanh) }
block Twice(op: stage) on x { x -> op -> op }
block Outer(op: stage) on x { x -> Twice(op) }
block Named(s: stage) on x {
    let m = M(4, s)
    x -> m -> share(2) { m }
}
block Closed(a: stage = any(V), b: dense.units = ?, c: int = 1..3) on x {
    x -> a -> dense(b) -> dense(c) -> some([relu, tanh], 1) -> conv(?, 3) -> ?
}
block Lazy(w: int, act: stage = Closed()) on x { x -> dense(w) -> act }
block Wrong(a: stage = 3 | silu) on x { x -> a }
cell C(u: int = 4 | 8) on x: f32[N, D] with h: f32[N, D] -> f32[N, _] {
    next h = 0.5 * h + x
    h -> dense(u) -> (relu | tanh)
}
block Scan(c: stage) on x { x -> scan(c) -> scan(cell=c, reverse=true) }
"""
ONE_NAME = [
    "let p = P(4, Q)\nx -> p -> relu -> p",
    "let p = M(4, Q)\nx -> p -> p",
    "let p = M(4, P(4, Q(tanh)))\nx -> p -> p",
    'let p = M(4, dense(8, bias=false, init=he(mode="fan_out")))\nx -> p -> p',
    "let p = M(4, silu | dense(4 | 8))\nx -> p -> p",
    "let p = M(4, any(V))\nx -> p -> p",
    "let w = 4 | 8\nlet p = M(4, { dense(w) -> tanh })\nx -> p -> p",
    "layer d = dense(4)\nlet p = M(4, d)\nx -> d -> p -> p",
    "layer d = dense(4)\nlet p = M(4, dense(4, weight=d.weight))\nx -> d -> p -> p",
    "let p = [M(4, dense(4)), Open]\nx -> for q in p { q -> q }",
    "let p = M(4, tanh)\nx -> here: p -> p",
    "x -> Outer(M(4, dense(4)))",
    "x -> Outer({ Open -> gelu })",
    "layer d = dense(4)\nx -> Named(Twice(d))",
    "let p = { Open -> gelu }\nlet q = p\nx -> p -> q -> Twice(p)",
    "let p = relu | { dense(4) -> Open }\nx -> p -> Twice(p)",
    "layer p = Open | { dense(4) -> Open }\nx -> p -> p",
    "y = x\nfor i in [1, 2] {\nlet p = { Open -> gelu }\ny = y -> p -> p\n}\ny",
]
SCANNED = [
    "let c = C()\nx -> scan(c) -> scan(c)",
    "let s = scan(C)\nx -> s -> s",
    "x -> Scan(C(4)) -> Scan(C)",
]
UNUSED = [
    "x -> P(4, relu | tanh)",
    "x -> Lazy(4, relu | tanh)",
    "let a = P(4, Q())\nlayer b = P(4)\nx -> P(4, relu | tanh)",
    "let a = Closed()\nlet b = Lazy(4)\nlayer c = Lazy(4, Closed)\nx -> Open",
    "let a = Wrong()\nx -> Open",
    "x -> if 1 == 2 { any(V) -> some([relu, Closed], 1) -> dense(?) -> ? } else { Open }",
]


def programs(text: str, most: int = 40) -> Iterator[archc.DrawnProgram]:
    return islice(archc.space(text).enumerate(), most)


def assert_printed(program: archc.DrawnProgram) -> None:
    text = str(program)
    assert not is_open(parse(text, "drawn").program), text
    assert archc.compile(text).hash == program.hash, text
    assert archc.space(text).size == 1


@pytest.mark.parametrize("body", [*ONE_NAME, *UNUSED])
def test_the_text_is_the_program_and_nothing_is_open_in_it(body: str) -> None:
    network = f"network Net on x: f32[N, 4] -> f32[...] {{\n{body}\n}}\n"
    for program in programs(BLOCKS + network):
        assert_printed(program)


@pytest.mark.parametrize("body", SCANNED)
def test_cells_of_one_name_are_scanned_as_they_came_out(body: str) -> None:
    network = f"network Net on x: f32[N, 3, 4] -> f32[...] {{\n{body}\n}}\n"
    for program in programs(BLOCKS + network):
        assert_printed(program)


def test_a_fragment_is_written_out_where_its_names_are_known_no_more() -> None:
    network = """
block Local(w: int) on x: f32[N, D] {
    let p = M(w, { dense(w) -> Open -> dense(D) })
    x -> p -> Twice(p)
}
network Net on x: f32[N, 4] -> f32[...] { x -> Local(4) -> Local(8) }
"""
    space = archc.space(BLOCKS + network)
    for program in space.samples(40, seed=3):
        assert_printed(program)


def test_what_a_file_names_is_decided_once() -> None:
    text = BLOCKS + "let p = any(V)\nnetwork Net on x: f32[N, 4] -> f32[...] { x -> p -> p }\n"
    space = archc.space(text)
    assert space.size == 2 + 1 + 2 * 2  # units; relu; what is open in a block is, at every use
    for program in space.enumerate():
        assert_printed(program)


@pytest.mark.parametrize(
    ("stage", "use", "size"),
    [
        ("C", "scan(q)", 4),
        ("scan(C(4 | 8))", "q", 4),
        ("scan(C)", "q", 4),
        ("C(4)", "scan(q)", 2),
    ],
)
def test_a_layer_of_a_cell_decides_its_arguments_once(stage: str, use: str, size: int) -> None:
    body = f"layer q = {stage}\nx -> for i in [1, 2] {{ {use} -> dense(4) -> {use} -> dense(4) }}"
    text = f"{BLOCKS}network Net on x: f32[N, 3, 4] -> f32[...] {{\n{body}\n}}\n"
    assert archc.space(text).size == size
    for program in programs(text):
        assert_printed(program)


def test_a_layer_decides_once_what_it_leaves_out_in_a_share() -> None:
    text = "network Net on x: f32[N, 4] -> f32[...] {\nlayer q = Q\nx -> share(2) { q } -> q\n}\n"
    assert archc.space(BLOCKS + text).size == 2
    for program in programs(BLOCKS + text):
        assert_printed(program)


def test_fragments_of_another_file_bring_its_names_along(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text(
        "block Open on x { x -> (relu | tanh) }\nblock Still on x { x -> gelu }\n"
        "let both = { Open -> Still }\nvocabulary V { Open, Still }\n"
    )
    path = tmp_path / "net.arch"
    path.write_text(
        "use parts\nblock Open on x { x -> silu }\n"
        "block M(act: stage) on x { x -> act -> (relu | tanh) }\n"
        "network Net on x: f32[N, 4] -> f32[...] {\n"
        "    let m = M(parts.both)\n    let v = M(any(parts.V))\n"
        "    x -> m -> m -> v -> v -> Open\n}\n"
    )
    for program in archc.space(path).samples(40, seed=1):
        copy = tmp_path / "drawn.arch"
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash


def test_an_axis_of_another_file_that_is_called_like_a_block_of_it_stays_an_axis(
    tmp_path: Path,
) -> None:
    """A number of the file that stands for a size is read there."""
    (tmp_path / "parts.arch").write_text(
        "let act = relu | tanh\nlet n = 8\nlet open = 8 | 9\n"
        "block C(w: int) on x: f32[N, D] -> f32[N, w] { x -> dense(w) -> act }\n"
        "block P(w: int) on x: f32[N, C] -> f32[N, C] { x -> dense(w) -> relu? -> dense(C) }\n"
        "block Q(w: int) on x: f32[N, n] -> f32[N, n] { x -> dense(w) -> relu? -> C(n) }\n"
        "block R on x: f32[N, open] -> f32[N, open] { x -> relu? }\n"
    )
    path = tmp_path / "net.arch"
    path.write_text(
        "use parts\nnetwork Net on x: f32[N, 8] -> f32[N, _] {\n"
        "    x -> parts.P(4) -> parts.P(5) -> parts.Q(3) -> parts.R\n}\n"
    )
    space = archc.space(path)
    assert space.size == 32
    for program in space.enumerate():
        copy = tmp_path / "drawn.arch"
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash


FOREIGN = """block Q(a: stage = silu | gelu) on x { x -> a }
block P(w: int, act: stage = Q()) on x { x -> dense(w) -> act }
"""


@pytest.mark.parametrize(
    "body",
    [
        "x -> M(parts.Q())",
        "let a = parts.Q()\nlet b = parts.P(4)\nx -> Open",
        "let m = M(parts.P(8))\nx -> m -> m",
    ],
)
def test_what_another_file_leaves_open_is_closed_in_the_text(body: str, tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text(FOREIGN)
    path = tmp_path / "net.arch"
    path.write_text(
        "use parts\nblock Open on x { x -> (relu | tanh) }\nblock M(act: stage) on x { x -> act }\n"
        f"network Net on x: f32[N, 4] -> f32[...] {{\n{body}\n}}\n"
    )
    for program in archc.space(path).enumerate():
        copy = tmp_path / "drawn.arch"
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash


def test_what_a_fragment_binds_hides_nothing_where_it_is_written_out() -> None:
    text = """network Net on x: f32[N, 4] -> f32[...] {
    let n = M(4, {
        let z = relu
        z -> z
    })
    let m = {
        let z = Twice(n)
        z -> z
    }
    x -> m -> m
}
"""
    for program in archc.space(BLOCKS + text).samples(40, seed=1):
        assert_printed(program)
