"""Counts and enumerations against brute force: every program of a small space, written out as text
and accepted by the checker, and no other.
"""

from collections import Counter

import archc
import pytest
from archc import ProgramError
from brute import SmallSpace, programs, small_space

SHORT, LONG = 60, 400


def found_in(space: SmallSpace) -> tuple[Counter[str], int | float]:
    """The enumerated programs by hash, and the size."""
    try:
        opened = archc.space(space.text)
    except ProgramError:
        return Counter(), 0
    return Counter(item.hash for item in opened.enumerate()), opened.size


@pytest.mark.parametrize("part", range(4))
def test_enumeration_and_size_are_those_of_brute_force(part: int, long: bool) -> None:
    for seed in range(part, LONG if long else SHORT, 4):
        space = small_space(seed)
        wanted = programs(space)
        enumerated, size = found_in(space)
        assert enumerated == wanted, space.text
        assert size == sum(wanted.values()), space.text


def test_the_generated_spaces_are_not_all_alike() -> None:
    spaces = [small_space(seed) for seed in range(SHORT)]
    valid = [sum(programs(space).values()) for space in spaces]
    partly = [0 < count < len(space.candidates) for count, space in zip(valid, spaces, strict=True)]
    assert sum(partly) >= 15
    assert valid.count(0) >= 1
    for word in (
        "repeat",
        "for",
        "block",
        "let",
        "layer",
        "share",
        "limit",
        "require",
        "fork",
        "@",
    ):
        assert any(word in space.text for space in spaces), word


def test_draws_stay_within_the_space(long: bool) -> None:
    for seed in range(100, 160 if long else 115):
        space = small_space(seed)
        wanted = programs(space)
        if not wanted:
            continue
        opened = archc.space(space.text)
        for program in opened.samples(10, seed=seed):
            assert program.hash in wanted, space.text
        for program in opened.samples(5, seed=seed, conditioned=True):
            assert program.hash in wanted, space.text
        for program in opened.samples(5, seed=seed, uniform=True):
            assert program.hash in wanted, space.text
