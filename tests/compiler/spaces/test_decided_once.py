"""What is decided once, in a `share`, an instance or a cell, however it is nested; and what costs
require of it.
"""

from collections.abc import Callable

import archc
import pytest

STAGES = "(dense(D) | layernorm | relu) -> (relu | batchnorm | dense(D))"
BLOCK = f"block B on x: f32[N, D] -> f32[N, D] {{ x -> {STAGES} }}\n"
SHARING = f"block S on x: f32[N, D] -> f32[N, D] {{ x -> share(2) {{ {STAGES} }} }}\n"
LAYERED = """block L on x: f32[N, D] -> f32[N, D] {
    layer g = B()
    x -> g -> relu -> g
}
"""
CELL = f"""cell C on x: f32[N, D] with h: f32[N, D] -> f32[N, D] {{
    next h = 0.5 * h + x
    h -> {STAGES}
}}
"""
FLAT, SEQUENCE = "f32[N, 4]", "f32[N, 3, 4]"
SPACES = {
    "share": ("", FLAT, f"x -> share(2) {{ {STAGES.replace('D', '4')} }}"),
    "block in share": (BLOCK, FLAT, "x -> share(3) { B }"),
    "share in share": (BLOCK, FLAT, "x -> share(2) { share(2) { B } }"),
    "share in layer": (SHARING, FLAT, "layer f = S()\nx -> f -> f"),
    "layer in share": (BLOCK, FLAT, "x -> share(2) { layer f = B()\nf -> relu -> f }"),
    "layer in layer": (BLOCK + LAYERED, FLAT, "layer f = L()\nx -> f -> f"),
    "cell": (CELL, SEQUENCE, "x -> dense(4) -> scan(C)"),
    "cell in share": (CELL, SEQUENCE, "x -> share(2) { scan(C) }"),
    "layer of a cell": (CELL, SEQUENCE, "layer f = C()\nx -> scan(f) -> scan(f)"),
}
"""Each decides twice, in three ways each."""


def written(name: str, require: str = "") -> str:
    declared, type_, body = SPACES[name]
    return f"{declared}network Net on x: {type_} -> {type_} {{\n{body}\n{require}\n}}\n"


@pytest.mark.parametrize("name", SPACES)
def test_what_is_decided_once_has_one_name_and_one_decision(name: str) -> None:
    space = archc.space(written(name))
    programs = list(space.enumerate())
    assert space.size == len(programs) == len({str(item) for item in programs}) == 9
    for item in programs:
        assert len(item.trace) == 2
        assert archc.compile(archc.parse(str(item))).hash == item.hash


def flops(model: archc.Model) -> int:
    return int(model.flops)


def params(model: archc.Model) -> int:
    return model.params


@pytest.mark.parametrize("cost", [flops, params])
@pytest.mark.parametrize("name", SPACES)
def test_costs_of_what_is_decided_once_are_those_of_the_programs(
    name: str, cost: Callable[[archc.Model], int]
) -> None:
    found = [cost(archc.compile(item)) for item in archc.space(written(name)).enumerate()]
    for bound in sorted(set(found)):
        below = archc.space(written(name, f"require {cost.__name__} <= {bound}"))
        above = archc.space(written(name, f"require {cost.__name__} >= {bound}"))
        assert below.size == sum(value <= bound for value in found)
        assert above.size == sum(value >= bound for value in found)
        for item in (below.sample(seed=1), above.sample(seed=1)):
            archc.compile(archc.parse(str(item)))  # the checker accepts it


def test_cells_around_choices_are_counted_with_what_stands_before_them() -> None:
    text = CELL + (
        "network Net on x: f32[N, 3, 4] -> f32[N, 3, 4] {\n"
        "    x -> dense(4) -> scan(C) -> (relu | dense(4)) -> scan(C)\n    REQUIRE\n}\n"
    )
    found = [
        params(archc.compile(item)) for item in archc.space(text.replace("REQUIRE", "")).enumerate()
    ]
    for bound in sorted(set(found)):
        space = archc.space(text.replace("REQUIRE", f"require params >= {bound}"))
        assert space.size == sum(value >= bound for value in found)


def test_a_default_and_a_label_of_one_name_are_two_choices_in_a_share() -> None:
    space = archc.space("""
        block B(act: stage = relu | tanh) on x: f32[N, D] -> f32[N, D] {
            x -> act -> act: (gelu | silu | relu)
        }
        network Net on x: f32[N, 4] -> f32[N, 4] { x -> share(2) { B } }
    """)
    assert space.size == 6


def test_a_shared_cell_that_needs_another_weight_is_refused() -> None:
    with pytest.raises(archc.ProgramError, match=r"f has no dense.weight at its first use"):
        archc.compile("""
            cell C on x: f32[N, D] with h: f32[N, D] -> f32[N, D] {
                next h = 0.5 * h + x
                h -> if D > 4 { dense(D) } else { batchnorm }
            }
            network Net on x: f32[N, 3, 4], y: f32[N, 5, 5] -> f32[N, 3, 4], f32[N, 5, 5] {
                layer f = C()
                (x -> scan(f), y -> scan(f))
            }
        """)


AXES = """
let many = 4 | 8
let act = relu | tanh
block Part on x: f32[N, many] -> f32[N, many] { x -> act -> dense(many) }
network Net on a: f32[N, many], b: f32[N, 2 * many, act] -> f32[N, 2] {
    (a -> Part, b -> mean(axes=[2]) -> dense(many)) -> add -> dense(2)
}
"""


def test_a_size_that_a_file_leaves_open_is_decided_where_a_type_reads_it() -> None:
    """It had been an axis of its own. A stage is no size, so its name is free for an axis."""
    space = archc.space(AXES)
    assert [item.name for item in space.sample().trace] == ["Net.many", "Net.act"]
    assert space.size == 4
    for program in space.enumerate():
        many = program.trace[0].value
        shapes = [program.graph.values[port.value].shape[1] for port in program.graph.inputs]
        assert shapes == [many, 2 * many]
        assert archc.compile(str(program)).hash == program.hash
        assert space.contains(str(program)).trace == program.trace
