"""Every choice is decided once, and what was decided is known wherever it decides what is open."""

import archc
import pytest
from archc.compiler.spaces.survey import survey

NET = "network Net on x: f32[N, 8] -> f32[N, _] {{\n{}\n}}\n"

SUBSETS = {
    "a = x -> dense(4)\nsome([a, x, x], 1 | 3) -> concat(axis=1)": 3 + 1,
    "a = x -> dense(4)\nlet n = 1 | 3\nsome([a, x, x], n) -> concat(axis=1)": 3 + 1,
    "(a, b) = x -> some([dense(4), relu, tanh], 2)\nsome([a, b, x], 1 | 3) -> concat(axis=1)": 3
    * (3 + 1),
    "some([x, x, x], (1 | 2)..(2 | 3)) -> concat(axis=1)": 6 + 7 + 3 + 4,
    "let f = { some([relu, tanh, silu], 1 | 3) -> concat(axis=1) }\nx -> f": 3 + 1,
    "let f = { some([relu, tanh, silu], 2..(2 | 3)) -> concat(axis=1) }\nx -> f -> f": 3 + 4,
    "x -> some([dense(8 | 16), relu], 1)": 2 + 1,
    "x -> some([dense(8 | 16) -> relu, (relu | tanh)], 1..2) -> concat(axis=1)": 2 + 2 + 4,
    "x -> some([(relu | dense(3 | 4)), if true { dense(2 | 3) }], 1..2) -> concat(axis=1)": 3
    + 2
    + 6,
    "x -> some([some([dense(2 | 3), relu], 1), tanh], 1)": 3 + 1,
    "let f = { some([dense(8 | 16), relu], 1) }\nx -> f": 2 + 1,
    "some([x -> dense(8 | 16), x], 1..2) -> concat(axis=1)": 2 + 1 + 2,
    "let w = some([8 | 16, 32, 64..66], 1..2)\nx -> for v in w { dense(v) }": 6 + 11,
}
OTHERS = {
    "x -> dense((1 | 2)..(2 | 4) step (1 | 2))": 2 + 1 + 1 + 1 + 4 + 2 + 3 + 2,
    "let f = { dense(1..(2 | 4)) }\nx -> f -> f": 2 + 4,
    "x -> (relu | tanh) @ [0 | 1, 1]": 1 + 2,
    "let f = (relu | tanh) -> dense(4 | 8)\nx -> f -> f": 4,
    "let deep = true | false\nlet f = if deep { dense(8 | 16) } else { relu }\nx -> f -> f": 3,
}


@pytest.mark.parametrize(("body", "size"), [*SUBSETS.items(), *OTHERS.items()])
def test_a_choice_is_decided_once(body: str, size: int) -> None:
    space = archc.space(NET.format(body))
    programs = list(space.enumerate())
    assert len({item.trace for item in programs}) == len(programs) == space.size == size
    for program in programs:
        assert archc.compile(str(program)).hash == program.hash
        assert space.from_trace(program.trace).hash == program.hash
        assert space.contains(str(program))


READERS = {
    "let op = relu | tanh\nlet own = op\nlet same = own": ("x -> op -> own -> same", 2),
    "let w = 8 | 16\nlet twice = 2 * w\nlet big = twice > 20": (
        "x -> dense(w) -> dense(twice) -> if big { relu } else { tanh }\nrequire w < twice", 2,
    ),
    "let w = 8 | 16\nlet wide = dense(2 * w)\nlet both = [wide, relu]": (
        "x -> both[0] -> dense(w | 4) -> both[1]", 4,
    ),
    "let w = 8 | 16\nlet v = w | 32": ("x -> dense(w) -> dense(v)", 4),
    "let n = 1..3\nlet turns = range(n)": ("x -> for i in turns { dense(4 + i) }", 3),
    "let op = relu | tanh\nlet own = op\nblock A(act: stage = own) on x { x -> act }": (
        "x -> A -> own", 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "body", "size"), [(a, *b) for a, b in READERS.items()])
def test_a_let_of_the_file_reads_another_that_is_open(file: str, body: str, size: int) -> None:
    space = archc.space(f"{file}\n{NET.format(body)}")
    programs = list(space.enumerate())
    assert len({item.trace for item in programs}) == len(programs) == space.size == size
    for program in programs:
        assert archc.compile(str(program)).hash == program.hash
        assert space.contains(str(program)).trace == program.trace
        assert space.decode_vector(space.encode(program)).trace == program.trace


def test_where_one_network_is_wanted_what_is_open_is_named_not_what_reads_it() -> None:
    with pytest.raises(archc.ProgramError) as refused:
        archc.compile("let w = 8 | 16\nlet twice = 2 * w\n" + NET.format("x -> dense(twice)"))
    (report,) = refused.value.diagnostics
    assert report.code == "E226"
    assert report.place().text == "8 | 16"


def test_a_block_that_names_itself_by_two_lets_is_told_to_need_a_limit() -> None:
    text = """block Deep on x { x -> dense(8) -> own }
        let op = relu | Deep
        let own = { op }
        """
    space = archc.space(text + NET.format("x -> own"))
    (warning,) = survey(space.process).warnings
    assert warning.code == "W451"
    assert "`Deep` uses itself and states no limit" in str(warning.diagnostic)
    assert space.size == 1


def test_what_is_open_in_a_branch_of_some_is_named_where_it_is_applied() -> None:
    space = archc.space(NET.format("x -> some([dense(8 | 16), relu], 1)"))
    names = {item.name for program in space.enumerate() for item in program.trace}
    assert names == {"Net.some", "Net.some.dense.units"}


@pytest.mark.parametrize("body", ["let f = ? -> relu\nx -> f -> f", "x -> some([?, relu], 1)"])
def test_any_layer_stands_where_a_stage_does(body: str) -> None:
    space = archc.space(NET.format(body))
    for program in space.samples(3, seed=2):
        assert archc.compile(str(program)).hash == program.hash
        assert space.from_trace(program.trace).hash == program.hash


def test_any_layer_in_a_recipe_is_decided_with_its_name() -> None:
    space = archc.space(NET.format("let op = { ? }\nx -> op -> op -> dense(10)"))
    for program in space.samples(4, seed=2):
        assert all(item.name.startswith("Net.op") for item in program.trace), program.trace
        assert not any(item.name.startswith("Net.op_2.") for item in program.trace)
        first, second = [node.layer.name for node in program.graph.nodes][:2]
        assert first == second
        assert archc.compile(str(program)).hash == program.hash
        assert space.from_trace(program.trace).hash == program.hash


def test_what_costs_are_compared_with_is_known_to_the_end_of_a_block() -> None:
    block = """block B(budget: int) on x: f32[N, D] {
    require params <= budget
    y = x -> dense(8 | 16)
    y -> dense(8 | 16)
}
"""
    space = archc.space(block + NET.format("x -> B(144 | 216 | 500)"))
    assert space.size == len(list(space.enumerate())) == 1 + 2 + 4


def test_a_block_has_the_words_and_the_domain_that_it_borrows() -> None:
    text = """block Part(width: int, kernel: conv.kernel = ?, padding: conv.padding = same)
    on x: f32[N, C, H, W] {
    x -> conv(width, kernel, padding=padding)
}
vocabulary Parts { Part(8, kernel=?), Part(8, 1, same | valid) }
network Net on x: f32[N, 3, 32, 32] -> f32[N, _, _, _] {
    let p = { Part(8, ?) }
    x -> conv(8, 3, padding=same | valid) -> Part(8, 3, padding=same | valid) -> Part(8)
        -> p -> p -> any(Parts)
}
"""
    space = archc.space(text)
    assert space.size == 2 * 2 * 4 * 4 * (4 + 2)
    for program in space.samples(12, seed=1):
        assert archc.compile(str(program)).hash == program.hash
        assert space.from_trace(program.trace).hash == program.hash


def test_a_hyperparameter_that_borrows_nothing_has_no_domain() -> None:
    block = "block Part(width: int) on x { x -> dense(width) }\n"
    with pytest.raises(archc.ProgramError, match="E451"):
        archc.space(block + NET.format("x -> Part(?)"))
