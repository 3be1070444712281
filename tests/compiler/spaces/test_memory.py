"""What a space remembers: states that were found out, and what becomes of them when there are too
many.
"""

import archc
import pytest
from archc.compiler.spaces import space as module

WIDE = """
network Wide on x: f32[N, 2, 8, 8] -> f32[N, 3] {
    x -> repeat(1..3) { conv(2..9, 1 | 3) -> (relu | gelu)? -> (maxpool(2) | identity) @ [1, 2] }
      -> dropout(0.1..0.5) -> mean(axes=[2, 3]) -> dense(3)
}
"""
BUDGETED = WIDE.replace("dense(3)\n", "dense(3)\n    require params <= 400\n")


@pytest.mark.parametrize("text", [WIDE, BUDGETED])
def test_forgetting_changes_no_draw(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [program.trace for program in archc.space(text).samples(40, seed=3)]
    monkeypatch.setattr(module, "MOST_STATES", 20)
    space = archc.space(text)
    assert [program.trace for program in space.samples(40, seed=3)] == wanted
    assert len(space.process.states) < 200


def test_programs_of_a_forgotten_state_are_edited_like_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = archc.space(WIDE)
    programs = list(fresh.samples(5, seed=1))
    wanted = [fresh.mutate(program, seed=2).trace for program in programs]
    monkeypatch.setattr(module, "MOST_STATES", 0)
    space = archc.space(WIDE)
    kept = list(space.samples(5, seed=1))
    state = space.begin()
    space.sample(seed=9)
    assert [space.mutate(program, seed=2).trace for program in kept] == wanted
    assert [space.from_trace(program.trace).hash for program in kept] == [
        program.hash for program in programs
    ]
    while not state.done:
        options = state.options()
        state = state.choose(options[0] if isinstance(options, list) else options.low)
    assert state.program.hash


def test_what_was_counted_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [program.trace for program in archc.space(WIDE).samples(6, seed=4, conditioned=True)]
    monkeypatch.setattr(module, "MOST_STATES", 5)
    space = archc.space(WIDE)
    first = space.sample(seed=4, conditioned=True)
    runs, states = space.process.budget.runs, len(space.process.states)
    assert states > 5
    drawn = list(space.samples(6, seed=4, conditioned=True))
    assert [program.trace for program in drawn] == wanted
    assert drawn[0].trace == first.trace
    assert space.process.budget.runs == runs
    assert len(space.process.states) == states


def test_a_long_chain_of_edits_forgets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    space, fresh = archc.space(WIDE), archc.space(WIDE)
    program, other = space.sample(seed=1), fresh.sample(seed=1)
    wanted = []
    for seed in range(60):
        other = fresh.mutate(other, seed=seed)
        wanted.append(other.trace)
    monkeypatch.setattr(module, "MOST_STATES", 20)
    found, most = [], 0
    for seed in range(60):
        program = space.mutate(program, seed=seed)
        found.append(program.trace)
        most = max(most, len(space.process.states))
    assert found == wanted
    assert most < len(fresh.process.states) / 2


FINITE = """
network Net on x: f32[N, 2, 8, 8] -> f32[...] {
    x -> repeat(1..2) { conv(2 | 3, 1 | 3) -> (relu | maxpool(2))? }
}
"""


@pytest.mark.parametrize("text", [FINITE, FINITE.replace("}\n}", "}\n    require params <= 90\n}")])
def test_forgetting_changes_no_enumeration(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = archc.space(text)
    wanted = [program.trace for program in fresh.enumerate()]
    near = [program.trace for program in fresh.neighbours(fresh.sample(seed=3))]
    monkeypatch.setattr(module, "MOST_STATES", 2)
    space = archc.space(text)
    assert [program.trace for program in space.enumerate()] == wanted
    assert [program.trace for program in space.neighbours(space.sample(seed=3))] == near
    assert len(wanted) > 30
