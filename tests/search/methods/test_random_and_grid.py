"""Where only one of five choices matters: Bergstra and Bengio 2012, figure 1."""

from collections.abc import Iterator
from itertools import count

import archc
from archc.compiler.spaces.drawn import DrawnProgram
from archc.compiler.spaces.random import Random
from archc.search.method import Exhausted, History
from archc.search.registry import make_method

SIDE, CHOICES = 3, 5
MOST = SIDE**CHOICES


def space_of(domain: str) -> archc.Space:
    body = " -> ".join([f"dropout({domain})"] * CHOICES)
    return archc.space(f"network Line on x: f32[N, 4] -> f32[N, 4] {{ x -> {body} }}")


def proposed(method: str, space: archc.Space, seed: int) -> Iterator[DrawnProgram]:
    """What a method proposes of which it learns nothing."""
    made, history = make_method(method), History(space, [])
    for number in count():
        try:
            yield made.ask(history, Random(seed, number)).program
        except Exhausted:
            return


def first(programs: Iterator[DrawnProgram], number: int) -> list[float]:
    """The values of the one choice that matters."""
    return [next(programs).trace[0].value for _ in range(number)]


def test_a_grid_tries_three_values_and_random_search_as_many_as_it_may() -> None:
    grid = first(proposed("grid", space_of("0.0..0.8 step 0.4"), 0), MOST)
    assert len(set(grid)) == SIDE
    reals = space_of("0.0..0.8")
    won = 0
    for seed in range(50):
        drawn = first(proposed("random", reals, seed), MOST)
        assert len(set(drawn)) == MOST
        optimum = 0.8 * Random(seed, 10**6).real()
        nearest = (min(abs(value - optimum) for value in tried) for tried in (drawn, grid))
        won += next(nearest) < next(nearest)
    assert won >= 47
