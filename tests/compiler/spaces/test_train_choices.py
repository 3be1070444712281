"""Choices in `train` cost nothing: whatever the last layers cost, all lead to one end."""

import archc
import pytest

NETWORK = """network Net on x: f32[N, 13] -> f32[N, 3] {{
    x -> repeat(1..2) {{ dense(4 | 8) -> dropout(0.0 | 0.1) }} -> dense(3)
    require params <= {most}
}}

train Net {{
    data = digits()
    optimizer = adamw(lr={rate})
}}
"""


def space_of(rate: str, most: int = 150) -> archc.Space:
    return archc.space(NETWORK.format(rate=rate, most=most))


def test_a_real_range_in_train_under_a_required_cost() -> None:
    space = space_of("3e-4..3e-2 log")
    assert space.size == float("inf")
    drawn = list(space.samples(200))
    assert all(program.params <= 150 for program in drawn)
    assert len({program.trace[-1].value for program in drawn}) == 200


@pytest.mark.parametrize("most", [80, 110, 150, 1000])
def test_options_in_train_multiply_the_size(most: int) -> None:
    networks = {program.trace[:-1] for program in space_of("1e-3 | 1e-2 | 1e-1", most).enumerate()}
    space = space_of("1e-3 | 1e-2 | 1e-1", most)
    assert space.size == 3 * len(networks) > 0
    first = list(space_of("1e-3 | 1e-2", most).enumerate())
    assert len(first) == 2 * len(networks)
    assert all(archc.compile(program).params <= most for program in first)
