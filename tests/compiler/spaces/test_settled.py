"""Parts of a program that came out as they stand are written without a look inside."""

import archc
from archc.compiler.spaces.settled import below, touched

TEXT = """
block Plain on x { x -> conv(4, 3) -> relu }
block Chosen on x { x -> conv(4, 1 | 3) -> Plain }
block Outer on x { x -> repeat(2) { Chosen } -> Plain }
network Net on x: f32[N, 4, 8, 8] -> f32[N, 4, 8, 8] {
    a = x -> Plain -> (relu -> tanh)
    a -> Outer -> Plain
}
"""


def test_a_part_with_a_choice_below_is_open() -> None:
    program = archc.parse(TEXT)
    plain, chosen, outer, network = program.tree.declarations
    assert below(chosen) is None
    for part in (plain, outer, network):
        assert below(part) is not None


def test_what_uses_a_block_with_a_choice_is_touched_through_all_blocks_between() -> None:
    space = archc.space(TEXT)
    program = space.sample(seed=0)
    found = touched(program.expansion, space.source.tree)
    plain, _, outer, network = (below(item) for item in space.source.tree.declarations)
    assert plain is not None and outer is not None and network is not None
    assert plain.isdisjoint(found)
    assert not outer.isdisjoint(found)
    assert len(network & found) == 1  # `Outer`, and nothing else of the network


def test_what_is_not_touched_is_one_object_in_all_programs_and_says_what_it_said() -> None:
    space = archc.space(TEXT)
    one, two = space.sample(seed=0), space.sample(seed=1)
    for program in (one, two):
        assert archc.compile(str(program)).hash == program.hash
        assert "a = x -> Plain -> (relu -> tanh)" in program.text
    statements = [program.tree.declarations[-1].body.statements[0] for program in (one, two)]
    assert statements[0] is statements[1]
