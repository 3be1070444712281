"""Choices in loops that stand as statements, against every program written out by hand."""

from collections import Counter
from itertools import product

import archc
from brute import hash_if_valid

SPACE = """
network S on x: f32[N, 2, 6, 6] -> f32[N, _, _, _] {
    y = x
    kept = ()
    for width in [2, 3] {
        y = y -> conv(width, 1 | 7, padding=valid) -> relu?
        kept = (kept, y)
    }
    down: repeat(2) { y = y -> conv(2 | 3, 1) }
    for (z, width) in zip(kept[::-1], [2, 4]) {
        y = (y, z) -> (add | concat) -> conv(width, 1)
    }
    y
}
"""
KERNELS, FLAGS, WIDTHS, JOINS = (1, 7), ("relu", "identity"), (2, 3), ("add", "concat")


def written(kernels, flags, widths, joins) -> str:
    lines = ["y0 = x"]
    for n, width in enumerate((2, 3)):
        conv = f"conv({width}, {kernels[n]}, padding=valid)"
        lines.append(f"y{n + 1} = y{n} -> {conv} -> {flags[n]}")
    lines.append(f"z = y2 -> conv({widths[0]}, 1) -> conv({widths[1]}, 1)")
    lines.append(f"u = (z, y2) -> {joins[0]} -> conv(2, 1)")
    lines.append(f"(u, y1) -> {joins[1]} -> conv(4, 1)")
    body = "\n".join(f"    {line}" for line in lines)
    return f"network S on x: f32[N, 2, 6, 6] -> f32[N, _, _, _] {{\n{body}\n}}\n"


def test_programs_are_those_of_brute_force() -> None:
    cases = product(*[product(part, repeat=2) for part in (KERNELS, FLAGS, WIDTHS, JOINS)])
    found = (hash_if_valid(written(*case)) for case in cases)
    wanted = Counter(item for item in found if item is not None)
    space = archc.space(SPACE)
    assert Counter(program.hash for program in space.enumerate()) == wanted
    assert space.size == wanted.total() == 48


def test_what_is_printed_is_the_program_that_was_drawn() -> None:
    space = archc.space(SPACE)
    for program in space.samples(12, seed=5):
        again = archc.compile(str(program))
        assert (again.hash, again.params) == (program.hash, program.params)
        assert space.from_trace([(item.name, item.value) for item in program.trace]) == program
