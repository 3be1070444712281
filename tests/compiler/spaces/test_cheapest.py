"""Bounds on a cost: what can still be afforded, and loops of any length under a bound."""

from typing import Any

import archc
import pytest
from archc.compiler.spaces import required_costs
from archc.compiler.spaces.ceiling import Dear
from archc.compiler.spaces.process import Process
from archc.compiler.spaces.states import DONE, Place, State, decisions_of
from archc.compiler.spaces.walk import Walk, trace_of

SMALL = """
network Small on x: f32[N, 4] -> f32[N, 3] {
    x -> repeat(1..9) { dense(2 | 5) -> (relu | { dense(3) -> tanh })? }
        -> (dense(3) | { dense(40) -> dense(3) })
    require params <= 120
}
"""
SHRINKING = """
network Shrinking on x: f32[N, 1, 64, 64] -> f32[N, 3] {
    x -> repeat(0..5) { maxpool(2) } -> conv(4, 3) -> mean(axes=[2, 3]) -> dense(3)
    require flops <= 30k
}
"""
ENDLESS = """
network Endless on image: f32[N, 3, 32, 32] -> f32[N, 10] {
    let act = relu | gelu
    image -> repeat(1..100k) { conv(4 | 8, 3) -> batchnorm? @ [0.3, 0.7] -> act }
        -> mean(axes=[2, 3]) -> dropout(0.0..0.5) -> dense(10)
    require flops <= 2M
}
"""
WITHOUT_CHOICES = ENDLESS.replace("conv(4 | 8, 3) -> batchnorm? @ [0.3, 0.7]", "conv(4, 3)")


MANY = SMALL.replace("2 | 5", "8000 | 1 | 2 | 60 | 3 | 4 | 5 | 40")


@pytest.mark.parametrize(
    "text",
    [SMALL, SMALL.replace("120", "60"), MANY.replace("1..9", "1..4"), MANY.replace("1..9", "3")],
)
def test_what_is_affordable_is_what_some_completion_costs(text: str) -> None:
    walk = Walk(archc.space(text).process)
    walk.costs.work_out()
    assert len(walk.costs.cheapest) == 1
    known: dict[Place, bool] = {}

    def live(place: Place) -> bool:
        if place.state is DONE:
            return walk.costs.fulfilled(place.spent)
        if place not in known:
            domain = place.state.domain
            after = [walk.step(place, decision) for decision in decisions_of(domain)]
            lives = [live(item) for item in after if not item.state.dead]  # all of them
            known[place] = any(lives)
        return known[place]

    assert live(walk.origin())
    assert {True, False} == set(known.values())
    for place, wanted in known.items():
        assert (not walk.is_dead(place)) == wanted or walk.live(place) == wanted


@pytest.mark.parametrize(
    "required",
    [
        "params >= 300",
        "params > 90 and params <= 100",
        "params == 131",
        "params >= 100\n    require layers <= 4",
        "params <= 400 - 250\n    require 2 * layers >= 9",  # the second is not asked beforehand
    ],
)
def test_what_the_most_and_the_least_rule_out_is_dead(required: str) -> None:
    text = SMALL.replace("1..9", "1..4").replace("params <= 120", required)
    valid = {program.trace for program in archc.space(text).enumerate()}
    walk = Walk(archc.space(text).process)
    walk.costs.look_from_below(10_000)
    found, dead, waiting = set[object](), 0, [(walk.origin(), ())]
    while waiting:
        place, steps = waiting.pop()
        if place.state is DONE:
            found |= {trace_of(steps)} if walk.costs.fulfilled(place.spent) else set()
        elif walk.is_dead(place):
            dead += 1
        else:
            for decision in decisions_of(place.state.domain):
                waiting.append((walk.step(place, decision), (*steps, (place, decision))))
    assert found == valid
    assert dead or "layers >=" in required


WIDE = """
network Wide on x: f32[N, 8] -> f32[N, 3] {
    x -> dense(8..128 step 2) -> dense(8..128 step 2) -> dense(8..128 step 2) -> dense(3)
    require params >= 34000
}
"""


def test_programs_that_are_large_enough_are_found_though_few_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(required_costs, "BUDGET", 100)  # as where the space is larger
    space = archc.space(WIDE)
    drawn = [program.params for program in space.samples(30, seed=0)]
    assert min(drawn) >= 34_000
    assert len(set(drawn)) > 5
    with pytest.raises(archc.ProgramError, match="no program of the space fulfils"):
        archc.space(WIDE.replace("34000", "40k"))
    narrow = archc.space(WIDE.replace(">= 34000", f"== {drawn[0]}"))
    assert narrow.sample(seed=1).params == drawn[0]


def test_fewer_turns_are_not_taken_to_be_cheaper() -> None:
    """Each turn makes what follows cheaper, so the short loops are the ones that are refused."""
    space = archc.space(SHRINKING)
    turns = {program.trace[0].value for program in space.samples(30, seed=0)}
    assert turns == {2, 3, 4, 5}
    assert space.size == 4


@pytest.mark.parametrize("text", [ENDLESS, WITHOUT_CHOICES])
def test_a_loop_without_end_costs_no_more_than_its_bound(text: str) -> None:
    space = archc.space(text)
    programs = list(space.samples(6, seed=0))
    assert all(program.flops <= 2_000_000 for program in programs)
    assert len({program.hash for program in programs}) > 3
    assert space.process.budget.runs < 20_000


def test_dead_places_do_not_bury_states_that_are_cheaper_to_reach() -> None:
    space = archc.space(SMALL)
    drawn = {program.trace for program in space.samples(1000, seed=1)}
    size = archc.space(SMALL).size
    assert len(drawn) > 100 and len(drawn) <= size
    fresh = archc.space(SMALL)
    assert [p.trace for p in fresh.samples(50, seed=1, start=950)] == [
        p.trace for p in space.samples(50, seed=1, start=950)
    ]


def test_one_expansion_finds_out_where_many_numbers_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """They had each been expanded from the beginning of the program."""
    one_by_one, at_once = list[str](), list[str]()
    following, fan = Process.next, Process.fan

    def counted(process: Process, state: State, *rest: Any) -> State:
        one_by_one.append(state.name)
        return following(process, state, *rest)

    def fanned(process: Process, state: State, *rest: Any) -> Dear:
        at_once.append(state.name)
        return fan(process, state, *rest)

    monkeypatch.setattr(Process, "next", counted)
    monkeypatch.setattr(Process, "fan", fanned)
    space = archc.space("""network Net on x: f32[N, 4] -> f32[N, 4] {
        x -> repeat(12) { dense(1..64) -> (relu | tanh) } -> dense(4)
        require params <= 400
    }""")
    for program in space.samples(3, seed=0):
        assert program.params <= 400
    assert any(name.endswith("dense.units") for name in at_once)
    assert not any(name.endswith("dense.units") for name in one_by_one)
