"""Draws from generated and recursive spaces against distributions worked out from decisions."""

from collections import Counter
from collections.abc import Iterator
from math import log, prod, sqrt
from typing import Any

import archc
import pytest
from archc import ProgramError
from archc.compiler.spaces.states import decisions_of, weights_of
from archc.compiler.spaces.walk import Step
from brute import small_space

Decisions = tuple[Any, ...]
DRAWN = 2000


def bound(freedom: int) -> float:
    """Chi-squared at one in 100,000 (Wilson and Hilferty's approximation)."""
    return freedom * (1 - 2 / (9 * freedom) + 4.265 * sqrt(2 / (9 * freedom))) ** 3


def fits(drawn: Counter[Decisions], expected: dict[Decisions, float]) -> None:
    """Traces that are expected less than five times are one class."""
    total = sum(drawn.values())
    assert set(drawn) <= set(expected)
    assert sum(expected.values()) == pytest.approx(1)
    means = {key: part * total for key, part in expected.items()}
    common = {key: mean for key, mean in means.items() if mean >= 5}
    rest = total - sum(common.values())
    classes = [(drawn[key], mean) for key, mean in common.items()]
    if rest >= 5:
        classes.append((total - sum(drawn[key] for key in common), rest))
    if len(classes) > 1:
        statistic = sum((seen - mean) ** 2 / mean for seen, mean in classes)
        assert statistic < bound(len(classes) - 1), (statistic, classes)


def weight(step: Step) -> float:
    place, decision = step
    decisions = list(decisions_of(place.state.domain))
    return weights_of(place.state.domain)[decisions.index(decision)]


def share(step: Step) -> float:
    """The part that a decision has among all, legal or not."""
    return weight(step) / sum(weights_of(step[0].state.domain))


def live_share(space: archc.Space, step: Step) -> float:
    """The part that a decision has among those after which the program can be completed."""
    place = step[0]
    options = [(place, item) for item in space.walk.options(place)]
    return weight(step) / sum(map(weight, options))


def opened() -> Iterator[tuple[archc.Space, list[archc.DrawnProgram]]]:
    """Generated spaces of a few programs, and all their programs."""
    for seed in range(200, 214):
        try:
            space = archc.space(small_space(seed, most=80).text)
        except ProgramError:  # it holds none
            continue
        yield space, list(space.enumerate())


def counted(programs: Iterator[archc.DrawnProgram]) -> Counter[Decisions]:
    return Counter(item.decisions for item in programs)


def test_draws_from_generated_spaces_have_their_exact_distributions() -> None:
    tried = 0
    for space, programs in opened():
        sequential = {
            item.decisions: prod(live_share(space, step) for step in item.steps)
            for item in programs
        }
        fits(counted(space.samples(DRAWN, seed=1)), sequential)
        masses = {item.decisions: prod(map(share, item.steps)) for item in programs}
        whole = sum(masses.values())
        conditioned = {key: mass / whole for key, mass in masses.items()}
        fits(counted(space.samples(DRAWN, seed=2, conditioned=True)), conditioned)
        uniform = {item.decisions: 1 / len(programs) for item in programs}
        fits(counted(space.samples(DRAWN, seed=3, uniform=True)), uniform)
        tried += len(programs) > 1
    assert tried >= 8


@pytest.mark.parametrize(
    ("way", "first", "other"),
    [({}, 1 / 2, 1 / 6), ({"conditioned": True}, 1 / 3, 2 / 9), ({"uniform": True}, 1 / 4, 1 / 4)],
)
def test_a_dead_end_tells_the_three_draws_apart(
    way: dict[str, bool], first: float, other: float
) -> None:
    """The example of `docs/spaces.md`."""
    space = archc.space("""network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> ({ dense(4 | 8) } | { dense(4) -> dropout(0.1 | 0.2 | 0.3) })
}""")
    expected = {item.decisions: other for item in space.enumerate()}
    expected[next(space.enumerate()).decisions] = first
    fits(counted(space.samples(DRAWN, seed=4, **way)), expected)


@pytest.mark.slow
def test_uniform_draws_from_ten_thousand_traces_are_uniform() -> None:
    text = """
network Wide on x: f32[1, 1, 8, 8] -> f32[1, 2] {
    x -> repeat(4) { (maxpool(2) | identity) @ [1, 4] -> conv(1..2, 1 | 3, padding=valid) }
      -> (relu | tanh)? -> mean(axes=[2, 3]) -> dense(2)
}
"""
    space = archc.space(text)
    size = int(space.size)
    assert 3_000 <= size <= 10_000
    expected = dict.fromkeys((item.decisions for item in space.enumerate()), 1 / size)
    assert len(expected) == size
    fits(counted(space.samples(6 * size, seed=5, uniform=True)), expected)


# --- recursion ------------------------------------------------------------------------------------

TREE = """
block Tree on x {
    limit recursion = 6
    x -> (relu | residual { Tree } | { Tree -> Tree }) @ [2, 1, 1]
}
network Trees on x: f32[N, 4] -> f32[N, 4] { x -> Tree }
"""


def test_the_size_of_a_recursive_program_is_what_its_weights_say() -> None:
    """The number of relus. A tree at the last depth is a relu; one above is a relu with weight 2, a
    tree of the next depth with weight 1, two of them with weight 1.
    """
    mean, square = 1.0, 1.0  # of the number and of its square, at the last depth
    for _ in range(5):
        pair = 2 * square + 2 * mean * mean
        mean, square = (2 + mean + 2 * mean) / 4, (2 + square + pair) / 4
    count = 4000
    drawn = archc.space(TREE).samples(count, seed=11)
    found = [sum(item.value == "relu" for item in program.trace) for program in drawn]
    deviation = sqrt((square - mean * mean) / count)
    assert abs(sum(found) / count - mean) < 5 * deviation
    assert max(found) <= 2**5


def test_steps_of_a_logarithmic_range_are_as_likely_as_the_way_to_the_next() -> None:
    def space_of(numbers: str) -> archc.Space:
        return archc.space(
            f"network Net on x: f32[N, 8] -> f32[N, 8] {{ x -> dropout({numbers}) }}"
        )

    space = space_of("0.1..0.4 step 0.1 log")
    values = (0.1, 0.2, 0.3, 0.4)
    parts = dict(zip(values, (log(2), log(3 / 2), log(4 / 3), log(5 / 4)), strict=True))
    expected = {(value,): part / log(5) for value, part in parts.items()}
    for conditioned in (False, True):
        drawn = space.samples(DRAWN, seed=1, conditioned=conditioned)
        fits(Counter((item.trace[0].value,) for item in drawn), expected)
    assert space.choices == {"Net.dropout.rate": ["0.1..0.4 step 0.1 log"]}
    assert space_of("0.1..0.4 step 0.1").choices == {"Net.dropout.rate": ["0.1..0.4 step 0.1"]}
    assert space_of("0.1..0.15 step 0.1 log").choices == {"Net.dropout.rate": [0.1]}


def test_masses_too_small_for_a_float_are_told_apart() -> None:
    late = "(relu | conv(8, 3)) @ [1e-200, 1]"
    body = f"x -> dense((8 | 16) @ [1, 2]) -> {late} -> {late}"
    space = archc.space(f"network Net on x: f32[N, 8] -> f32[N, _] {{ {body} }}")
    drawn = Counter(item.trace[0].value for item in space.samples(3000, conditioned=True))
    assert abs(drawn[8] - 1000) < 5 * sqrt(3000 * 2 / 9)


def test_a_program_that_hardly_any_weight_is_on_is_drawn() -> None:
    step = "dense((8 | 16) @ [1e-200, 1])"
    body = f"x -> {step} -> {step} -> {step}\n require params <= 250"
    space = archc.space(f"network Net on x: f32[N, 8] -> f32[N, _] {{ {body} }}")
    assert [item.value for item in space.sample(conditioned=True).trace] == [8, 8, 8]


def test_a_long_way_of_unlikely_options_is_drawn() -> None:
    body = "repeat(40) { (relu | conv(8, 3)) @ [1e-9, 1] }"
    space = archc.space(f"network Net on x: f32[N, 8] -> f32[N, 8] {{ x -> {body} }}")
    assert {item.value for item in space.sample(conditioned=True).trace} == {"relu"}
