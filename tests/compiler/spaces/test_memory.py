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
