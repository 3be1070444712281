"""Options that are alike: spaces answer the same whether or not states tell them apart."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.expand import alike
from archc.compiler.spaces.trace import Trace

FOLDER = Path(__file__).parents[3] / "examples" / "spaces"
HEAD = """
vocabulary Same { relu \n tanh \n Keep \n conv(2, 3) }
vocabulary Mixed { relu \n conv(3, 1) \n maxpool(2) \n Wide(3) \n Open }
vocabulary Wider { relu \n conv(3, 1) }
vocabulary Smaller { relu \n tanh \n maxpool(2) }
vocabulary Convs { conv(2, 1) \n conv(2, 3) }
vocabulary Opens { relu \n Open }
vocabulary Heavy { relu \n tanh \n conv(2, 3) }
block Keep on x: [N, C, H, W] -> [N, C, H, W] { x -> relu -> conv(C, 3) }
block Open on x: [N, C, H, W] { x -> (relu | tanh) }
block Wide(width: int) on x: [N, C, H, W] {
    require C >= 2
    x -> conv(width, 1)
}
block Use(op: list, n: int) on x: [N, C, H, W] { x -> if len(op) > n { op[n] } else { tanh } }
block Pair(op: stage) on x { (x -> op) -> op }
"""
STAGES = (
    "relu", "tanh", "identity", "maxpool(2)", "conv(2, 3)", "conv(3, 1)", "Keep", "Open", "Wide(2)",
    "transpose(2, 3)", "{ avgpool(2) -> upsample(2) }", "{ sum(axes=1) -> unsqueeze(1) }",
)  # fmt: skip


def space_of(body: str, head: str = HEAD) -> archc.Space:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return archc.space(f"{head}network Net on x: f32[N, 2, 4, 4] -> f32[...] {{\n{lines}\n}}\n")


def told_apart(space: archc.Space) -> archc.Space:
    """The space, of which no options are taken for alike."""
    space.process.network.partition.none_alike = True
    space.process._begin_anew()
    return space


def asked(space: archc.Space) -> Sequence[Any]:
    """All that can be asked of a small space."""
    if space.size > 300:
        return [space.size, plain(space.sample(seed=4).trace)]
    first = space.sample(seed=9)
    found: list[Any] = [space.size, space.encode(first), space.encoder.columns]
    for way in ({}, {"uniform": True}, {"conditioned": True}):
        found.append([plain(program.trace) for program in space.samples(4, seed=3, **way)])
    programs = list(space.enumerate())
    found.append([plain(program.trace) for program in programs])
    found.append([program.hash for program in programs[:: max(1, len(programs) // 8)]])
    found.append([plain(program.trace) for program in space.neighbours(first)])
    if space.size > 1:
        found.append(plain(space.mutate(first, seed=1).trace))
    state = space.begin()
    while not state.done:
        options = state.options()
        found.append((state.site, [str(value) for value in options]))
        state = state.choose(options[-1])
    return [*found, state.program.hash]


def plain(trace: Trace) -> list[tuple[str, str]]:
    return [(item.name, str(item.value)) for item in trace]


# --- random spaces --------------------------------------------------------------------------------


def body_of(rng: random.Random) -> str:
    """Names for choices, used in all the ways that there are."""
    lines, names = [], []
    for number in range(rng.randint(1, 3)):
        options = " | ".join(rng.choice(STAGES) for _ in range(rng.randint(2, 4)))
        whole = rng.choice(("any(Same)", "any(Mixed)", options))
        listed = rng.random() < 0.4
        text = f"[{whole}, any(Same)]" if listed else whole
        text = f"{{ ({options}) -> (relu | tanh) }}" if rng.random() < 0.15 else text
        listed = text.startswith("[")
        lines.append(f"let o{number} = {text}")
        names += [f"o{number}[{place}]" for place in (0, 1)] if listed else [f"o{number}"]
    here = "x"
    for number in range(rng.randint(1, 4)):
        op = rng.choice(names)
        use = rng.choice(
            (
                f"{here} -> {op}",
                f"{here} -> Pair({op})",
                f"{here} -> Use([{op}, {op}], {rng.randint(0, 2)})",
                f"{here} -> residual {{ {op} }}",
                f"({here} -> {op}) + ({here} -> {op})",
                f"{here} -> repeat(2) {{ {op} }}",
                f"{here} -> ({op} | relu)",
                f"{here} -> {op} -> conv(2 | 3, 1)",
                f"{here} -> f{number} -> f{number}",
            )
        )
        if use.endswith(f"f{number}"):
            lines.append(f"layer f{number} = {op}")
        lines.append(f"y{number} = {use}")
        here = f"y{number}"
    if rng.random() < 0.15:
        lines.append(f"require params <= {rng.choice((40, 100, 200))}")
    return "\n".join([*lines, here])


def test_random_spaces_answer_as_if_all_options_were_told_apart() -> None:
    together, parted = 0, 0
    for seed in range(120):
        body = body_of(random.Random(seed))
        try:
            space = space_of(body)
        except archc.ProgramError:
            continue
        found = asked(space)
        together += not space.process.network.partition.apart
        parted += bool(space.process.network.partition.apart)
        assert found == asked(told_apart(space_of(body))), body
    assert together > 30
    assert parted > 15


# --- what it is for -------------------------------------------------------------------------------


def test_one_state_stands_for_all_that_were_named() -> None:
    operations = ", ".join(["any(Same)"] * 12)
    uses = " -> ".join(f"ops[{place}]" for place in range(12))
    space = space_of(f"let ops = [{operations}]\nx -> {uses} -> conv(2 | 3, 1)")
    assert space.size == 4**12 * 2
    assert space.process.budget.runs < 20
    assert len(space.process.states) == 13
    traces = {tuple(plain(program.trace)) for program in space.samples(50, uniform=True)}
    assert len(traces) == 50


def test_the_published_cells_are_counted() -> None:
    space = archc.space(FOLDER / "nasbench201.arch")
    assert space.size == 15_625
    assert space.process.budget.runs < 50


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("let op = any(Wider)\nx -> op -> conv(2, 1)", 2),
        ("let op = any(Wider)\n(x -> op) + x", 1),
        ("let op = any(Smaller)\nx -> op -> maxpool(4)", 2),
        ("let op = any(Same)\nlayer f = op\nx -> f -> f", 4),
        ("let op = any(Convs)\nx -> share(2) { op } -> op", 2),
        ("let op = any(Opens)\nx -> op", 3),
        ("let op = any(Heavy)\ny = x -> op\nrequire params <= 3\ny", 2),
    ],
)
def test_options_that_are_not_alike_are_told_apart(body: str, size: int) -> None:
    assert space_of(body).size == size == told_apart(space_of(body)).size


def test_a_limit_holds_for_the_option_that_was_taken() -> None:
    """Three uses of the larger option are more layers than a program may have."""
    text = f"""{HEAD}vocabulary Lengths {{ relu
 Long }}
block Long on x {{ x -> repeat(40000) {{ relu }} }}
network Net on x: f32[N, 2, 4, 4] -> f32[...] {{
    let op = any(Lengths)
    x -> op -> op -> op
}}
"""
    space = archc.space(text)
    assert space.size == 1
    assert str(space.sample().trace[0].value) == "relu"


def test_what_was_begun_goes_on_when_options_are_told_apart() -> None:
    """The last choice shows that the options of the first are not alike."""
    body = "let op = any(Smaller)\nx -> (gelu | silu) -> (relu | { op -> maxpool(4) })"
    space = space_of(body)
    early = space.begin().choose("maxpool(2)")
    late = early.choose("gelu")
    program = late.choose("relu").program
    parted = space.process.parted
    assert space.size == 10
    assert space.process.parted > parted
    assert len(early.options()) == 2
    assert len(late.options()) == len(early.choose("silu").options()) == 1
    changed = {plain(space.mutate(program, seed=seed).trace)[2][1] for seed in range(20)}
    assert changed == {"relu"}  # the other wants more than a maxpool leaves
    assert all(space.mutate(program, seed=seed).graph for seed in range(20))


# --- what would go wrong --------------------------------------------------------------------------


def test_numbers_of_real_ranges_are_proved_in_the_same_states() -> None:
    body = """let op = any(Same)
let p = 0.1..0.5
let q = 0.1..0.5
x -> dropout(p) -> dropout(q) -> conv(2 | 4, 1) -> op"""
    assert space_of(body).size == float("inf")
    body = """let a = any(Smaller)
let p = 0.1..0.5
let b = any(Smaller)
y = x -> dropout(p)
z = y -> b -> maxpool(4)
y -> ({ a -> maxpool(4) } | gelu)"""
    space = space_of(body)
    for program in space.samples(60):
        assert program.graph.nodes


def test_an_option_that_makes_no_sense_is_an_error_though_nobody_uses_it() -> None:
    head = f"{HEAD}vocabulary Bad {{ relu\n nosuch(3)\n tanh }}\n"
    with pytest.raises(archc.ProgramError, match="nothing is called `nosuch`"):
        space_of("let op = any(Bad)\nlet q = 1 | 2\nx -> (relu | tanh)", head)


def test_a_program_drawn_before_options_were_told_apart_can_still_be_asked_of() -> None:
    body = """let a = any(Smaller)
let b = any(Smaller)
x -> (gelu | { silu -> ({ b -> maxpool(4) } | relu) } | { elu -> ({ a -> maxpool(4) } | relu) })"""
    space = space_of(body)
    program, parted = space.sample(seed=16), space.process.parted
    assert space.sample(seed=2).graph.nodes
    assert space.process.parted > parted
    assert space.distance(program, program) == 0
    assert len(space.tokens(program)) == len(program.trace)
    assert all(other.graph.nodes for other in space.neighbours(program))
    assert len(space.encode(program)) == len(space.encoder.columns)
    assert space.size == 39


def test_recipes_within_recipes_are_not_tried_in_all_combinations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("relu", "tanh", "gelu", "silu")
    head = "vocabulary V0 { relu\n tanh\n gelu\n silu }\nlet a0 = [any(V0)]\n"
    for level in range(1, 8):
        for place, name in enumerate(names):
            head += f"let w{level}_{place} = {{ {name} -> a{level - 1}[0] }}\n"
        entries = "\n ".join(f"w{level}_{place}" for place in range(4))
        head += f"vocabulary V{level} {{ {entries} }}\nlet a{level} = [any(V{level})]\n"
    calls, applied = [], alike.applied
    monkeypatch.setattr(alike, "applied", lambda *given: (calls.append(0), applied(*given))[1])
    space = space_of("x -> a7[0]", head)
    assert space.sample().graph.nodes
    assert len(calls) < 200


def test_asking_anew_costs_a_question_nothing() -> None:
    bodies = "\n".join(f"let o{n} = any(Wider)" for n in range(6))
    body = f"{bodies}\nx -> ({' | '.join(f'{{ o{n} -> conv(2, 1) }}' for n in range(6))})"
    space = space_of(body)
    told_apart(other := space_of(body))
    assert space.size == other.size == 6 * 2**6
    assert len(space.process.network.partition.apart) == 6
    space = space_of(body)
    space.budget = 40
    assert len(list(space.enumerate())) == 6 * 2**6


def test_many_choices_that_are_not_alike_are_not_told_apart_one_by_one() -> None:
    operations = ", ".join(["any(Wider)"] * 60)
    space = space_of(f"let ops = [{operations}]\nx -> conv(2, 1)")
    assert space.process.parted == 0
    uses = " -> ".join(f"ops[{place}]" for place in range(60))
    space = space_of(f"let ops = [{operations}]\nx -> {uses} -> conv(2, 1)")
    assert space.process.network.partition.none_alike
    assert space.process.era < 12
