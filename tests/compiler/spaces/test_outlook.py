"""Limits on whole programs: layers, weights, elements and work are sums, and decide which programs
of a large space are valid.
"""

from dataclasses import replace
from itertools import product

import archc
import pytest
from archc.compiler.expand.session import Limits
from archc.compiler.spaces.outlook import Outlook
from archc.compiler.spaces.space import Space
from archc.grammar.diagnostic import ProgramError

LOOPS = """
network Net on x: f32[N, 8] -> f32[N, 8] {
    x -> repeat(0..3) { relu } -> repeat(0..3) { tanh } -> repeat(0..5) { sigmoid }
}
"""
WIDTHS = """
network Net on x: f32[N, 8] -> f32[N, _] {
    x -> dense(10 | 20 | 30) -> dense(10 | 20 | 30) -> dense(10 | 20 | 30)
}
"""
EITHER = """
network Net on x: f32[N, 8] -> f32[N, 8] {
    x -> ({ repeat(1..4) { relu } } | { repeat(1..4) { tanh } }) -> gelu
}
"""


def limited(text: str, **limits: int) -> Space:
    """The space under small limits."""
    space = archc.space(text)
    space.process.network.limits = replace(Limits(), **limits)
    space.process.outlook = Outlook(space.process.network.limits)
    space.process.forget()
    space.walk.forget()
    space.process.answer(space.walk.start)  # as when it is opened
    return space


@pytest.mark.parametrize("most", [3, 4, 6, 8, 9, 10, 11])
def test_programs_have_as_many_layers_as_is_allowed(most: int) -> None:
    every = product(range(4), range(4), range(6))
    valid = {turns for turns in every if sum(turns) <= most}
    space = limited(LOOPS, nodes=most)
    assert space.size == len(valid)
    assert {program.decisions for program in space.enumerate()} == valid
    drawn = {program.decisions for program in limited(LOOPS, nodes=most).samples(3_000)}
    assert drawn == valid


@pytest.mark.parametrize("most", [400, 700, 1_200])
def test_programs_have_as_many_weights_as_is_allowed(most: int) -> None:
    def weights(widths: tuple[int, ...]) -> int:
        pairs = zip((8, *widths), widths, strict=False)
        return sum((before + 1) * after for before, after in pairs)

    valid = {widths for widths in product((10, 20, 30), repeat=3) if weights(widths) <= most}
    space = limited(WIDTHS, parameters=most)
    assert space.size == len(valid)
    drawn = list(limited(WIDTHS, parameters=most).samples(600))
    assert max(program.params for program in drawn) <= most
    assert len({program.decisions for program in drawn}) == len(valid)


def test_limits_hold_beside_what_is_required_at_least() -> None:
    text = LOOPS.replace("{\n    x", "{\n    require layers >= 3\n    x")
    every = product(range(4), range(4), range(6))
    valid = {turns for turns in every if 3 <= sum(turns) <= 5}
    space = limited(text, nodes=5)
    space.walk.costs.work_out()
    assert {program.decisions for program in space.samples(2_000)} == valid
    assert space.size == len(valid)


def test_what_was_drawn_before_changes_no_draw() -> None:
    """A heavy program had struck options out for lighter ones that came to the same state."""
    whole = [program.decisions for program in limited(LOOPS, nodes=8).samples(200)]
    for start in (1, 50, 199):
        late = limited(LOOPS, nodes=8).samples(200 - start, start=start)
        assert [program.decisions for program in late] == whole[start:]


def test_uniform_draws_and_edits_keep_to_the_limits() -> None:
    space = limited(LOOPS, nodes=5)
    program = space.sample()
    for seed in range(60):
        assert sum(space.sample(seed, uniform=True).decisions) <= 5
        assert sum(space.sample(seed, conditioned=True).decisions) <= 5
        program = space.mutate(program, seed)
        assert sum(program.decisions) <= 5
    assert all(sum(other.decisions) <= 5 for other in space.neighbours(program))


def test_a_size_that_decides_nothing_is_not_counted() -> None:
    """What all choices add at most is more than is allowed, but no program makes all of them."""
    space = limited(EITHER, nodes=5)
    assert space.size == 8
    assert space.process.outlook.counted == ()
    assert archc.space(EITHER).process.outlook.counted == ()


def test_an_option_that_is_too_large_by_itself_is_none() -> None:
    text = LOOPS.replace("repeat(0..5) { sigmoid }", "(repeat(40) { sigmoid } | gelu)")
    space = limited(text, nodes=12)
    assert space.size == 16
    assert {program.trace[-1].value for program in space.samples(50)} == {"gelu"}


def test_a_space_of_programs_that_are_too_large_is_empty() -> None:
    text = "network Net on x: f32[N, 8] -> f32[N, 8] { x -> repeat(200k..300k) { relu } }"
    with pytest.raises(ProgramError) as refused:
        archc.space(text)
    (report,) = refused.value.diagnostics
    assert "the limit is 100,000" in "".join(report.diagnostic.notes())


def test_a_space_whose_programs_have_too_many_weights_says_so() -> None:
    with pytest.raises(ProgramError, match="E403"):
        limited(WIDTHS, parameters=300)
