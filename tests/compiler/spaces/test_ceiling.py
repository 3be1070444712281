"""Costs that are bounded from above: an expansion that has added too much goes back where it is.

What that saves is counted in expansions, `process.budget.runs`, and in layers that are applied.
"""

from itertools import product

import archc
import pytest
from archc.compiler.check import check_text

NESTED = """
network Net on x: f32[N, 8] -> f32[N, 8] {{
    require params <= {}
    x -> repeat({}) {{ repeat({}) {{ dense(8) }} }}
}}
"""
TWO = """
network Net on x: f32[N, 8] -> f32[N, _] {
    require params <= 2k
    require layers <= 5
    x -> repeat(4) { (dense(4..32) -> relu) | dense(4..32) } -> dense(8)
}
"""
FEW = """
network Net on x: f32[N, 4] -> f32[N, _] {{
    require params <= 60
    require layers <= 4
    x -> repeat(0..3) {{ dense({} | {}) -> relu? }}
}}
"""
SHRINKING = """
network Net on x: f32[N, 1, 64, 64] -> f32[N, 3] {{
    require flops <= 30k
    require layers <= 9
    x -> repeat({}) {{ maxpool(2) }} -> repeat({}) {{ relu }} -> conv(4, 3)
        -> mean(axes=[2, 3]) -> dense(3)
}}
"""


def test_loops_within_loops_cost_what_they_may_cost(layers: list[int]) -> None:
    """An expansion ends in the turn that costs too much, goes on from the last choice before it,
    and asks for no larger number of turns.
    """
    space = archc.space(NESTED.format("1k", "0..100", "0..100"))
    for program in space.samples(2):
        assert program.params <= 1_000
        assert sum(program.decisions[1:]) * 72 == program.params
    assert space.process.budget.runs < 1_000
    assert layers[0] < 2_000


def test_turns_that_are_all_needed_leave_room_for_one_another(layers: list[int]) -> None:
    space = archc.space(NESTED.format("2k", "1..20", "1..20"))
    drawn = [program.decisions for program in space.samples(5)]
    assert all(sum(turns) * 72 <= 2_000 and min(turns) >= 1 for _, *turns in drawn)
    assert len({tuple(item) for item in drawn}) == 5
    assert space.process.budget.runs < 2_500
    assert layers[0] < 20_000


def test_what_is_drawn_of_loops_within_loops_is_all_that_fits(layers: list[int]) -> None:
    space = archc.space(NESTED.format(300, "0..3", "0..30"))
    drawn = {program.decisions for program in space.samples(3_000)}
    assert drawn == {
        (outer, *inner)
        for outer in range(4)
        for inner in product(range(5), repeat=outer)
        if sum(inner) * 72 <= 300
    }
    assert layers[0] < 600


def test_of_two_bounds_each_rules_places_out_by_its_cheapest_completion() -> None:
    """Else 100,000 programs in a row fail one or the other, and the space is given up."""
    space = archc.space(TWO)
    drawn = list(space.samples(3))
    assert all(p.params <= 2_000 and len(p.graph.nodes) <= 5 for p in drawn)
    assert len({p.trace for p in drawn}) == 3


def brute(widths: tuple[int, int]) -> set[tuple[int, ...]]:
    """Every program of FEW: the number of turns; of each which width, and whether without relu."""
    found = set()
    for turns in range(4):
        for taken in product((0, 1), repeat=turns):
            for without in product((0, 1), repeat=turns):
                before, params = 4, 0
                for width in (widths[item] for item in taken):
                    params, before = params + before * width + width, width
                if params <= 60 and 2 * turns - sum(without) <= 4:
                    pairs = zip(taken, without, strict=True)
                    found.add((turns, *[part for pair in pairs for part in pair]))
    return found


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("widths", [(2, 5), (5, 6)])
def test_what_is_drawn_under_two_bounds_is_what_fulfils_both(
    widths: tuple[int, int], first: int
) -> None:
    """Of the second widths three turns cost too much, whatever else is decided: the first choice
    is gone back to.
    """
    space = archc.space(FEW.format(*widths))
    drawn = {p.decisions for p in space.samples(3_000, seed=first)}
    listed = [p.decisions for p in space.enumerate()]
    assert drawn == set(listed) == brute(widths)
    assert space.size == len(listed) == len(drawn)


def test_a_number_of_turns_that_is_too_dear_later_says_nothing_of_larger_ones() -> None:
    """The more the image shrinks, the less the convolution costs."""
    drawn = {p.decisions for p in archc.space(SHRINKING.format("0..5", "0..2")).samples(200)}
    every = product(range(6), range(3))
    fits = {turns for turns in every if check_text(SHRINKING.format(*turns)).ok}
    assert drawn == fits
    assert {pools for pools, _ in fits} == {2, 3, 4, 5}
