"""Blocks in which nothing is decided are worked out once: no space changes by it."""

import archc
import pytest

CELLS = """
block Pad(width: int) on x: f32[N, C, H, W] -> f32[N, _, _, _] {
    x -> conv(width, 3, padding=valid) -> batchnorm
}
block Cell(a: stage, b: stage) on x {
    y = x -> a -> Pad(4) -> b
    y -> Pad(4)
}
"""
SPACES = {
    "cells with their choices made": """
network S on x: f32[N, 4, 14, 14] -> f32[N, 2] {
    let a = relu | maxpool(2) | Pad(4)
    let b = tanh | maxpool(2)
    x -> repeat(1..3) { Cell(a, b) } -> mean(axes=[2, 3]) -> dense(2)
}
""",
    "costs of a body": """
block Small on x { x -> Pad(4) -> Pad(4)
    require params <= 400 }
network S on x: f32[N, 4, 9, 9] -> f32[N, 2] {
    let a = relu | conv(4, 1)
    x -> Cell(a, tanh | relu) -> (Small | tanh) -> mean(axes=[2, 3]) -> dense(2)
}
""",
    "costs of the network": """
network S on x: f32[N, 4, 9, 9] -> f32[N, 2] {
    let a = relu | conv(4, 1) | conv(4, 3)
    x -> Cell(a, tanh) -> (Pad(4) | tanh) -> mean(axes=[2, 3]) -> dense(2)
    require params <= 600
}
""",
    "several costs of cells with their choices made": """
block Join(a: stage) on x, y { (x -> a -> Pad(4)) + (y -> a -> Pad(4)) }
network S on x: f32[N, 4, 12, 12] -> f32[N, 2] {
    let a = relu | conv(4, 1) | Pad(4)
    let r = 0.1..0.5 step 0.2
    y = x -> Cell(a, dropout(r)) -> (tanh | Pad(4))
    z = (y, y) -> Join(relu)
    (z, y -> Pad(4)) -> Join(a) -> mean(axes=[2, 3]) -> dense(2)
    require flops <= 100k and params <= 1300 and activations <= 100k
}
""",
    "costs of a block with weights of its own and shared": """
network S on x: f32[N, 4, 12, 12] -> f32[N, 2] {
    layer shared = Pad(4)
    x -> shared -> repeat(1..2) { Pad(4) } -> (relu | conv(4, 1)) -> shared -> Pad(4)
        -> mean(axes=[2, 3]) -> dense(2)
    require params <= 800 and layers <= 14
}
""",
    "numbers of real ranges": """
block Drop(rate: float) on x { x -> Pad(4) -> dropout(rate) -> relu }
network S on x: f32[N, 4, 9, 9] -> f32[N, 2] {
    let r = 0.1..0.5
    x -> Drop(r) -> Drop(r) -> (relu | tanh) -> mean(axes=[2, 3]) -> dense(2)
}
""",
    "weights that are shared": """
network S on x: f32[N, 4, 12, 12] -> f32[N, 2] {
    layer f = conv(4 | 5, 1)
    x -> Pad(4) -> f -> Pad(4 | 5) -> f -> share(2) { (relu | conv(4, 1) | conv(5, 1)) }
        -> mean(axes=[2, 3]) -> dense(2)
}
""",
    "a block within itself": """
block Tower(n: int) on x: f32[N, C, H, W] -> f32[N, _, _, _] { limit recursion = 4
    x -> Pad(4) -> if n > 0 { Tower(n - 1) } else { (relu | tanh) } }
network S on x: f32[N, 4, 14, 14] -> f32[N, 2] {
    let n = 0..3
    x -> Tower(n) -> Tower(n) -> mean(axes=[2, 3]) -> dense(2)
}
""",
}


@pytest.mark.parametrize("text", SPACES.values(), ids=SPACES)
def test_nothing_changes(text: str) -> None:
    space, copied, plain = [archc.space(CELLS + text) for _ in range(3)]
    copied.process.network.closed = plain.process.network.closed = None
    plain.process.network.counted = None
    copied._forget()
    plain._forget()
    assert space.size == copied.size == plain.size > 1
    drawn = [program.trace for program in space.samples(40, seed=1)]
    for other in (copied, plain):
        assert drawn == [program.trace for program in other.samples(40, seed=1)]
    for program in space.samples(6, seed=2):
        assert archc.compile(str(program)).hash == program.hash
    if space.size != float("inf"):
        found = [program.trace for program in space.enumerate()]
        assert found == [program.trace for program in plain.enumerate()]


def test_a_cell_is_worked_out_once_for_each_type() -> None:
    space = archc.space(CELLS + SPACES["cells with their choices made"])
    assert space.size == len(list(space.enumerate()))
    assert space.process.network.closed


def test_a_cell_is_copied_with_its_layers_where_costs_are_asked_for() -> None:
    space = archc.space(CELLS + SPACES["costs of the network"])
    assert space.size == len(list(space.enumerate()))
    assert space.process.network.counted
    assert not space.process.network.closed


def test_a_block_in_a_cell_is_worked_out_with_its_values() -> None:
    text = """
block Long on x { x -> repeat(3) { relu } }
cell Cell on x: f32[N, D] with h: f32[N, D] -> f32[N, D] {
    next h = (x + h) -> Long
    h
}
network Net on x: f32[N, 3, 4] -> f32[...] { x -> (relu | tanh) -> scan(Cell) -> dense(2 | 3) }
"""
    assert archc.space(text).size == 4
