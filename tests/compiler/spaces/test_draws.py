"""Draws against their exact distributions, and the promise that equal seeds give equal programs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import sqrt
from typing import Any

import archc
import pytest
from archc.compiler.spaces import sums

POOLS = """
network Pools on x: f32[1, 1, 4, 4] -> f32[1, 1] {
    x -> (maxpool(1) | maxpool(2) | maxpool(4)) @ [1, 2, 3]
      -> (maxpool(1) | maxpool(2) | maxpool(4)) @ [3, 2, 1]
      -> mean(axes=[2, 3])
}
"""
BUDGETED = """
network Budgeted on x: f32[1, 1, 4, 4] -> f32[1, 1] {
    x -> conv(1 | 2 | 3 | 4, 1) -> conv(1 | 2 | 3 | 4, 1 | 3) -> conv(1, 1) -> mean(axes=[2, 3])
    require params <= 40
}
"""
NARROW = """
network Narrow on x: f32[1, 1, 4, 4] -> f32[1, 1] {
    x -> conv(1..10, 1, bias=false) -> conv(1..10, 1, bias=false) -> conv(1..10, 1, bias=false)
      -> conv(1..10, 1, bias=false) -> conv(1, 1, bias=false) -> mean(axes=[2, 3])
    require params == 309
}
"""
Values = tuple[Any, ...]


def values(program: archc.DrawnProgram) -> Values:
    return tuple(item.value for item in program.trace)


def fits(drawn: Iterable[Values], expected: Mapping[Values, Fraction]) -> None:
    """Chi-squared at one in 10,000 (Wilson and Hilferty's approximation of the bound)."""
    counts = Counter(drawn)
    total = sum(counts.values())
    assert set(counts) <= set(expected)
    assert sum(expected.values()) == 1
    statistic = sum(
        (counts[key] - total * float(share)) ** 2 / (total * float(share))
        for key, share in expected.items()
    )
    freedom = len(expected) - 1
    bound = freedom * (1 - 2 / (9 * freedom) + 3.719 * sqrt(2 / (9 * freedom))) ** 3
    assert statistic < bound, (statistic, bound, counts)


def pools() -> list[tuple[int, int]]:
    """The pairs of kernels that fit into 4 by 4, as positions among 1, 2 and 4."""
    return [(a, b) for a in range(3) for b in range(3) if 2**a * 2**b <= 4]


def named(a: int, b: int) -> Values:
    return f"maxpool({2**a})", f"maxpool({2**b})"


def test_sequential_draws_renormalise_over_live_options() -> None:
    first, second = [1, 2, 3], [3, 2, 1]
    expected = {
        named(a, b): Fraction(first[a], 6)
        * Fraction(second[b], sum(second[j] for i, j in pools() if i == a))
        for a, b in pools()
    }
    space = archc.space(POOLS)
    fits((values(item) for item in space.samples(6000, seed=1)), expected)


def test_conditioned_draws_are_the_product_of_weights_given_validity() -> None:
    first, second = [1, 2, 3], [3, 2, 1]
    mass = {named(a, b): Fraction(first[a] * second[b]) for a, b in pools()}
    expected = {key: value / sum(mass.values()) for key, value in mass.items()}
    space = archc.space(POOLS)
    fits((values(item) for item in space.samples(6000, seed=1, conditioned=True)), expected)


def test_uniform_draws_are_uniform() -> None:
    expected = {named(a, b): Fraction(1, 6) for a, b in pools()}
    space = archc.space(POOLS)
    fits((values(item) for item in space.samples(6000, seed=1, uniform=True)), expected)


def budgeted() -> list[tuple[int, int, int]]:
    """Filters, filters and kernel: 2a + a b k^2 + b + b + 1 parameters, at most 40."""
    numbers = range(1, 5)
    triples = [(a, b, k) for a in numbers for b in numbers for k in (1, 3)]
    return [(a, b, k) for a, b, k in triples if 2 * a + a * b * k * k + b + b + 1 <= 40]


def test_sequential_draws_under_a_requirement_on_costs() -> None:
    kept = budgeted()
    expected = {}
    for a, b, k in kept:
        firsts = {i for i, _, _ in kept}
        seconds = {j for i, j, _ in kept if i == a}
        thirds = {m for i, j, m in kept if (i, j) == (a, b)}
        expected[a, b, k] = Fraction(1, len(firsts) * len(seconds) * len(thirds))
    space = archc.space(BUDGETED)
    assert space.size == len(kept)
    fits((values(item) for item in space.samples(6000, seed=2)), expected)


def test_conditioned_and_uniform_draws_under_a_requirement_on_costs() -> None:
    kept = budgeted()
    expected = {key: Fraction(1, len(kept)) for key in kept}
    space = archc.space(BUDGETED)
    fits((values(item) for item in space.samples(6000, seed=3, conditioned=True)), expected)
    fits((values(item) for item in space.samples(6000, seed=4, uniform=True)), expected)


def test_uniform_draws_where_sums_cannot_be_counted_are_those_that_fulfil(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sums, "MOST_SUMS", 10)
    kept = budgeted()
    expected = {key: Fraction(1, len(kept)) for key in kept}
    space = archc.space(BUDGETED)
    drawn = [values(item) for item in space.samples(3000, seed=4, uniform=True)]
    fits(iter(drawn), expected)
    alone = (next(archc.space(BUDGETED).samples(1, 4, uniform=True, start=i)) for i in (7, 3))
    assert [values(item) for item in alone] == [drawn[7], drawn[3]]


def narrow() -> list[tuple[int, ...]]:
    numbers = range(1, 11)
    every = ((a, b, c, d) for a in numbers for b in numbers for c in numbers for d in numbers)
    return [(a, b, c, d) for a, b, c, d in every if a + a * b + b * c + c * d + d == 309]


def test_a_requirement_that_leaves_few_programs_is_no_dead_end() -> None:
    kept = narrow()
    space = archc.space(NARROW)
    assert len(kept) == 2
    assert space.size == len(kept)
    assert {values(item) for item in space.enumerate()} == set(kept)
    assert all(values(item) in kept for item in space.samples(50, seed=5))


@pytest.mark.parametrize("text", [POOLS, BUDGETED, NARROW])
def test_what_was_asked_before_changes_no_draw(text: str) -> None:
    fresh = [values(archc.space(text).sample(seed=seed)) for seed in range(12)]
    space = archc.space(text)
    assert space.size
    list(space.enumerate())
    list(space.samples(100, seed=99))
    assert [values(space.sample(seed=seed)) for seed in range(12)] == fresh


def test_a_sample_depends_on_seed_and_place_alone() -> None:
    space = archc.space(POOLS)
    whole = [values(item) for item in space.samples(20, seed=7)]
    assert [values(item) for item in space.samples(5, seed=7, start=10)] == whole[10:15]
    assert values(space.sample(seed=7)) == whole[0]
    assert [values(item) for item in space.samples(20, seed=8)] != whole


def test_the_stream_of_numbers_is_the_same_everywhere() -> None:
    space = archc.space(
        "network R on x: f32[1, 4] -> f32[1, 4] {\n    x -> dropout(0.0..0.5) -> dense(1..9 log)"
        " -> dense(4)\n}\n"
    )
    drawn = [values(item) for item in space.samples(3, seed=0)]
    assert drawn == [(0.068719937, 1), (0.38436232, 7), (0.49376054, 1)]


def test_unique_draws_have_different_graphs_and_end() -> None:
    space = archc.space(POOLS)
    drawn = list(space.samples(100, seed=0, unique=True))
    assert len({item.hash for item in drawn}) == len(drawn) == 6


def test_uniform_and_conditioned_at_once_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="not both"):
        archc.space(POOLS).sample(uniform=True, conditioned=True)


def test_a_real_range_has_no_uniform_draw_and_no_enumeration() -> None:
    space = archc.space(
        "network R on x: f32[1, 4] -> f32[1, 4] {\n    x -> dropout(0.0..0.5) -> relu?\n}\n"
    )
    assert space.size == float("inf")
    with pytest.raises(ValueError, match="real range"):
        space.sample(uniform=True)
    with pytest.raises(ValueError, match="give it a `step`"):
        next(space.enumerate())
    rates = [item.trace[0].value for item in space.samples(500, seed=3)]
    assert all(0 <= rate <= 0.5 for rate in rates)
    assert 0.22 < sum(rates) / 500 < 0.28


def test_that_there_is_no_uniform_draw_is_told_without_counting() -> None:
    space = archc.space(
        "network R on x: f32[N, 8] -> f32[N, 2] {\n"
        "    x -> dense(1..100) -> dense(1..100) -> dropout(0.0..0.5) -> dense(2)\n"
        "    require params <= 3k\n}\n"
    )
    opened = space.process.budget.runs
    with pytest.raises(ValueError, match="real range"):
        space.sample(uniform=True)
    assert space.process.budget.runs == opened


def test_logarithmic_ranges_are_uniform_in_their_logarithm() -> None:
    space = archc.space(
        "network L on x: f32[1, 4] -> f32[1, 4] {\n"
        "    x -> dropout(0.001..0.1 log) -> dense(1..64 log) -> dense(4)\n}\n"
    )
    drawn = [values(item) for item in space.samples(2000, seed=4)]
    below = sum(rate < 0.01 for rate, _ in drawn)
    small = sum(units < 8 for _, units in drawn)
    assert 900 < below < 1100
    assert 900 < small < 1100


def test_an_option_of_weight_zero_is_none() -> None:
    space = archc.space(
        "network Z on x: f32[1, 4] -> f32[1, 4] {\n    x -> (relu | tanh | gelu) @ [1, 0, 1]\n}\n"
    )
    assert space.size == 2
    assert {item.trace[0].value for item in space.samples(50)} == {"relu", "gelu"}
    with pytest.raises(ValueError, match="tanh"):
        space.from_trace([("Z.choice", "tanh")])


def test_the_real_range_that_is_in_the_way_is_named() -> None:
    space = archc.space(
        "network N on x: f32[B, 4] -> f32[B, 2] "
        "{ x -> relu? -> dropout(0.1..0.5) -> (dense(2) | { dense(3) -> dense(2) }) }"
    )
    told = r"N.dropout.rate is a real range.*`0.1..0.5 step 0.04`"
    with pytest.raises(ValueError, match=told):
        space.sample(uniform=True)
    with pytest.raises(ValueError, match=told):
        list(space.enumerate())
    log = "network N on x: f32[B, 4] -> f32[B, 4] { x -> dropout(0.01..0.5 log) }"
    with pytest.raises(ValueError, match="`0.01..0.5 step 0.049 log`"):
        archc.space(log).sample(uniform=True)
    assert archc.space(log.replace("0.5 log", "0.5 step 0.049 log")).size == 11
