"""States are told apart by all that a decision leads on to: what is counted is valid."""

from pathlib import Path

import archc
import pytest

NET = "network Net on x: f32[N, 4] -> f32[N, 4] {{ x -> {} }}\n"
SCAN = "network Net on x: f32[N, T, 4] -> f32[N, T, 4] {{ x -> {} }}\n"

SPACES = {
    # what a file leaves open is decided where a body begins
    "let n = 3 | 4\nblock B(k: int) on x { require n >= k, x -> repeat(k) { relu } }\n"
    + NET.format("B(1 | 4 | 5)"): 3,
    "let n = 3 | 4\nblock B(k: int) on x { limit nodes = n, x -> repeat(k) { relu } }\n"
    + NET.format("B(1 | 4 | 5)"): 3,
    "let n = 3 | 4\n"
    + NET.format(
        "({ require n > 2, relu } | { require n > 3, relu } | { require n > 2, (tanh | silu) })"
    ): 2 + 1 + 4,
    "let n = 3 | 4\n"
    + NET.format("({ limit nodes = n, relu } | { limit nodes = n, repeat(4) { tanh } })"): 3,
    # or in a signature
    "let n = 4 | 8\nblock B(k: int) on x: f32[M, n * k] { x -> relu }\n"
    + "network Net on x: f32[N, 4] { x -> dense(4 | 8) -> B(1 | 2 | 5) }\n": 3,
    "let n = 4 | 8\nblock B(k: int) on x: f32[M, 4] -> f32[M, n] { x -> dense(k) }\n"
    + "network Net on x: f32[N, 4] { x -> B(4 | 8 | 16) }\n": 2,
    "let n = 4 | 8\nnetwork Net on x: f32[N, 4] -> f32[N, n] { x -> dense(4 | 8 | 16) }\n": 2,
    # arguments one after another
    NET.format("for (a, b) in zip([4 | 8], [1 | 2]) { dense(a * b) }"): 1,
    NET.format("dense(4 | 8, init=normal(0.1 | 0.2)) -> (relu | tanh)"): 4,
    NET.format("(dense(4) | dense(8)) @ [1 | 2, 1 | 3]"): 4,
    # cells: next states, options of `scan`, first states
    "cell C on x: f32[M, D] with h: f32[M, 4] {\n"
    "next h = x -> dense(4 | 8 | 5)\n x -> (relu | tanh) }\n" + SCAN.format("scan(C)"): 2,
    "cell C(k: int) on x: f32[M, D] with h: f32[M, k] {\n"
    "next h = x -> dense(4 | 8 | 5)\n x -> (relu | tanh) }\n" + SCAN.format("scan(C(4 | 8))"): 4,
    "let n = 4 | 8\ncell C(k: int) on x: f32[M, D] with h: f32[M, n] {\n"
    "next h = x -> dense(k)\n x -> relu }\n" + SCAN.format("scan(C(4 | 8 | 5))"): 2,
    "cell C(k: int) on x: f32[M, D] with h: f32[M, D] {\n"
    "next h = h\n x -> dense(k) -> (relu | tanh) }\n"
    "network Net on x: f32[N, T, 4] -> f32[N, 4] { x -> scan(C(4 | 8), last=true | false) }\n": 2,
    "let n = 1 | 2\ncell C(k: int) on x: f32[M, D] with h: f32[M, D] = n * k {\n"
    "next h = h\n x -> dense(k) -> (relu | tanh) }\n" + SCAN.format("scan(C(4 | 8))"): 4,
    "cell C on x: f32[M, D] with h: f32[M, D] { next h = h\n x -> (relu | tanh) }\n"
    "network Net on x: f32[N, T, 4], s: f32[N, 4] { (x, s -> dense(4 | 8)) -> scan(C) }\n": 2,
}


@pytest.mark.parametrize(("text", "programs"), SPACES.items())
def test_every_program_that_is_counted_is_valid(text: str, programs: int) -> None:
    space = archc.space(text)
    assert space.size == programs
    found = list(space.enumerate())
    assert len(found) == programs
    assert all(item.graph.nodes for item in found)  # each is expanded with what was decided


def test_two_files_call_what_they_leave_open_the_same(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text("let op = silu | gelu\nblock Part on x { x -> op }\n")
    net = tmp_path / "net.arch"
    net.write_text("use parts\nlet op = relu | tanh\n" + NET.format("op -> parts.Part"))
    programs = archc.space(net).enumerate()
    found = [[node.layer.name for node in item.graph.nodes] for item in programs]
    assert found == [["relu", "silu"], ["relu", "gelu"], ["tanh", "silu"], ["tanh", "gelu"]]
