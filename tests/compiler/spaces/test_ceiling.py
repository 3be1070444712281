"""Costs that are bounded from above: an expansion that has added too much goes back where it is."""

from itertools import product

import archc
import pytest

NESTED = """
network Net on x: f32[N, 8] -> f32[N, 8] {{
    require params <= {}
    x -> repeat({}) {{ repeat({}) {{ dense(8) }} }}
}}
"""
TWO = """
network Net on x: f32[N, 8] -> f32[N, _] {
    require params <= 2k and layers <= 7
    x -> repeat(0..6) { dense(4..32) -> relu? } -> dense(8)
}
"""
FEW = """
network Net on x: f32[N, 4] -> f32[N, _] {
    require params <= 60
    require layers <= 4
    x -> repeat(0..3) { dense(2 | 5) -> relu? }
}
"""


def test_loops_within_loops_cost_what_they_may_cost() -> None:
    space = archc.space(NESTED.format("1k", "0..1000", "0..1000"))
    for program in space.samples(2):
        assert program.params <= 1_000
        assert sum(program.decisions[1:]) * 72 == program.params
    assert space.process.runs < 50_000


def test_turns_that_are_all_needed_leave_room_for_one_another() -> None:
    space = archc.space(NESTED.format("2k", "1..20", "1..20"))
    drawn = [program.decisions for program in space.samples(10)]
    assert all(sum(turns) * 72 <= 2_000 and min(turns) >= 1 for _, *turns in drawn)
    assert len({tuple(item) for item in drawn}) > 5


def test_two_bounds_at_once_are_kept() -> None:
    space = archc.space(TWO)
    drawn = list(space.samples(20))
    assert all(p.params <= 2_000 and len(p.graph.nodes) <= 7 for p in drawn)
    assert archc.space(TWO).sample(0).trace == drawn[0].trace


def brute() -> set[tuple[int, ...]]:
    """Every program of FEW: the number of turns, then a width and whether there is a relu."""
    found = set()
    for turns in range(4):
        for widths in product((2, 5), repeat=turns):
            for relus in product((0, 1), repeat=turns):
                before, params = 4, 0
                for width in widths:
                    params, before = params + before * width + width, width
                if params <= 60 and turns + sum(relus) <= 4:
                    pairs = zip(widths, relus, strict=True)
                    found.add((turns, *[part for pair in pairs for part in pair]))
    return found


@pytest.mark.parametrize("first", [0, 7])
def test_what_is_drawn_under_two_bounds_is_what_fulfils_both(first: int) -> None:
    space = archc.space(FEW)
    assert len(brute()) == space.size == len(list(space.enumerate()))
    drawn = {p.decisions for p in space.samples(3_000, seed=first)}
    assert len(drawn) == len(brute())
