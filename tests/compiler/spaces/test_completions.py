"""How many completions a place has, told from sums in order, against asking each of them."""

from typing import Any

import archc
import pytest
from archc.compiler.spaces.costs import plus
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.required_costs import RequiredCosts
from archc.compiler.spaces.states import Place, decisions_of
from archc.compiler.spaces.walk import Walk

REQUIRED = (
    "params <= 500",
    "params < 100k",
    "params >= 90 and params <= 180",
    "params == 145 or params == 127 or params < 70",
    "params % 3 == 0",
    "params <= 500 and flops <= 900",
    "flops >= 300 and params <= 600",
    "params + flops <= 1200",
)


def chain(required: str, body: str) -> str:
    return f"network Net on x: f32[4, 8] -> f32[4, 1] {{\n require {required}\n x -> {body}\n}}"


BODY = "repeat(2) { dense(1..9) -> (relu | tanh)? } -> (dense(2 | 7) -> relu)? -> dense(1)"
PARTLY_REAL = "(dense(1..9) | { dense(20) -> dropout(0.1..0.4) }) -> dense(1..3) -> dense(1)"


def one_by_one(walk: Walk, place: Place) -> Any:
    rests = walk.costs.sums.of(place.state).items()
    return sum(number for rest, number in rests if walk.costs.fulfilled(plus(place.spent, rest)))


def places(walk: Walk) -> set[Place]:
    """All that are reached from the first one, dead or not."""
    waiting, found = [walk.start()], set[Place]()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            if place.state.node is not None:
                waiting += [walk.step(place, item) for item in decisions_of(place.state.domain)]
    return found


@pytest.mark.parametrize(
    "text",
    [*(chain(required, BODY) for required in REQUIRED), chain("params <= 400", PARTLY_REAL)],
)
def test_every_place_has_as_many_completions_as_fulfil_what_is_required(text: str) -> None:
    walk = archc.space(text).walk
    start = walk.start()
    assert walk.count(start) == one_by_one(walk, start) > 0
    found = places(walk)
    assert len(found) > 20
    for place in found:
        assert walk.count(place) == one_by_one(walk, place)


@pytest.mark.parametrize("required", REQUIRED)
def test_a_uniform_draw_is_the_program_of_its_number_in_order(required: str) -> None:
    text = chain(required, "dense(1..9) -> (relu | tanh)? -> (dense(2 | 7) -> relu)? -> dense(1)")
    space = archc.space(text)
    programs = [item.decisions for item in space.enumerate()]
    assert len(programs) == space.size
    for place, drawn in enumerate(space.samples(40, seed=5, uniform=True)):
        assert drawn.decisions == programs[Random(5, place).below(len(programs))]


def test_uniform_draws_under_a_bound_do_not_ask_of_every_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    fulfilled = RequiredCosts.fulfilled

    def counted(costs: RequiredCosts, totals: Any) -> bool:
        nonlocal asked
        asked += 1
        return fulfilled(costs, totals)

    monkeypatch.setattr(RequiredCosts, "fulfilled", counted)
    body = " -> ".join(["dense(1..8)"] * 5) + " -> dense(1)"
    space = archc.space(chain("params <= 150", body))
    assert 0.3 < int(space.size) / 8**5 < 0.7
    asked = 0
    drawn = list(space.samples(20, seed=1, uniform=True))
    assert asked < 100 * sum(len(item.steps) for item in drawn)
