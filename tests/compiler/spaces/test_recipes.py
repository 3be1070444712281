"""Recipes, lists and vocabularies that get a name: decided once, printed as they were decided."""

import json
from pathlib import Path

import archc
import pytest
from archc.compiler.expand.vocabularies import built_in_text
from archc.compiler.spaces.trace import pairs

RECIPES = """
vocabulary Kinds { Wide(3), Wide(kernel=1 | 3), conv(8, 3 | 5) }
block Wide(kernel: int) on x: f32[N, C, H, W] { x -> conv(C, kernel) }
block Twice(stages: list = [any(Kinds), relu | tanh]) on x {
    x -> stages[0] -> stages[1] -> stages[0]
}
network Net on x: f32[N, 8, 4, 4] -> f32[N, 8, 4, 4] {
    let a = any(Kinds)
    let b = [any(Kinds), some([1, 3], 1..2), any(Kinds)]
    let c = { any(Kinds) -> relu }
    x -> a -> b[0] -> a -> b[2] -> conv(8, b[1][0]) -> any(Kinds) -> any(Kinds) -> c -> c -> Twice
}
"""


def test_a_list_that_gets_a_name_decides_its_items_once() -> None:
    text = """
vocabulary Kinds { relu, dense(4 | 5) }
network Net on x: f32[N, 4] -> f32[N, _] {
    let stages = [any(Kinds), any(Kinds)]
    x -> stages[0] -> stages[1] -> stages[0]
}
"""
    assert archc.space(text).size == 3 * 3


def test_recipes_print_as_they_were_decided() -> None:
    space = archc.space(RECIPES)
    for program in space.samples(30, seed=3):
        assert archc.compile(str(program)).hash == program.hash
        assert "any" not in str(program).partition("network")[2]
        assert space.from_trace(program.trace).hash == program.hash


OPEN = """
block Open on x: [N, C] { x -> (relu | tanh) }
block Use(op: list) on x: [N, C] { x -> op[1] }
block Pair(op: stage) on x: [N, C] { x -> op -> op }
network Net on x: f32[N, 4] -> f32[...] {
    let o = [Open | exp, Open]
    let p = Open | exp
    BODY
}
"""


@pytest.mark.parametrize(
    "body",
    [
        "x -> repeat(2) { o[0] }",
        "x -> p -> (p | neg) -> p",
        "(x -> p) + (x -> p)",
        "x -> Use([p, p]) -> p",
        "x -> Pair(p) -> Pair(p) -> o[1]",
        "x -> Use(o) -> for q in o { q }",
    ],
)
def test_a_named_block_prints_as_it_came_out_at_each_use(body: str) -> None:
    space = archc.space(OPEN.replace("BODY", body))
    programs = list(space.enumerate())
    assert len({program.hash for program in programs}) > 3
    for program in programs:
        again = archc.compile(str(program))
        assert again.hash == program.hash


def test_some_values_are_a_list() -> None:
    text = """
network Net on x: f32[N, 3, 8, 8] -> f32[N, 3, 8, 8] {
    let kernels = some([1, 3, 5], 0..2)
    x -> for k in kernels { conv(3, k) }
}
"""
    space = archc.space(text)
    assert space.size == 1 + 3 + 3
    assert {item.text.split("= [")[1].split("]")[0] for item in space.enumerate()} == {
        "", "1", "3", "5", "1, 3", "1, 5", "3, 5",
    }  # fmt: skip


def test_traces_with_subsets_are_keys() -> None:
    text = """network Net on x: f32[N, 4] -> f32[N, _] {
    x -> some([relu, tanh, gelu], 1..2) -> concat(axis=1) -> dense(2 | 3)
}
"""
    space = archc.space(text)
    traces = [item.trace for item in space.enumerate()]
    assert len(set(traces)) == len(traces) == 12
    assert {item.trace for item in space.enumerate()} == set(traces)
    shown = json.loads(json.dumps(list(pairs(traces[0]))))
    assert shown[0] == ["Net.some", [0]]
    again = space.from_trace(shown)
    assert again.trace == traces[0] and hash(again.trace) == hash(traces[0])


def test_some_stages_in_a_list_are_told_apart() -> None:
    text = """
network Net on x: f32[N, 4] -> f32[N, _] {
    let pair = [some([relu, tanh, gelu], 2), some([dense(4), relu], 1)]
    x -> pair[0] -> concat(axis=1) -> pair[1]
}
"""
    space = archc.space(text)
    assert space.size == 6
    for program in space.enumerate():
        assert archc.compile(str(program)).hash == program.hash


def test_blocks_of_another_file_bring_its_names_along(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text(
        "use std.vision\nlet width = 4\nvocabulary Acts { relu, Sharp }\n"
        "block Sharp on x { x -> tanh -> relu }\n"
        "block Part(act: stage = any(Acts)) on x: f32[N, C, H, W] {\n"
        "    x -> vision.ConvNormAct(width | 8, 3, act=act) -> any(Acts) -> Sharp\n}\n"
    )
    path = tmp_path / "net.arch"
    path.write_text(
        "use parts as p\nnetwork Net on x: f32[N, 3, 8, 8] -> f32[N, _, 8, 8] {\n"
        "    let act = any(p.Acts)\n    x -> p.Part -> act\n}\n"
    )
    space = archc.space(path)
    assert space.size == 16
    for program in space.enumerate():
        copy = tmp_path / "drawn.arch"
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash


def test_versions_of_a_block_and_its_numbered_uses_have_names_of_their_own() -> None:
    text = """
block Node on x: f32[N, C, H, W] { x -> conv(8, 1 | 3) }
network Net on x: f32[N, 8, 4, 4] -> f32[N, 8, 4, 4] { x -> Node -> Node -> Node -> Node }
"""
    space = archc.space(text)
    assert space.size == 16
    for program in space.enumerate():
        assert archc.compile(str(program)).hash == program.hash


ABOVE = """
let width = 8 | 16

vocabulary Parts {
    conv(filters=width, kernel=1 | 3)
    dense(units=2..3 | 5..6)
    Gate(2 | 4)
    relu
}

block Gate(ratio: int) on x: f32[N, C, H, W] -> f32[N, C, H, W] {
    gate = x -> mean(axes=[2, 3], keep=true) -> conv(C // ratio, 1) -> relu -> conv(C, 1) -> sigmoid
    x * gate
}

network Net on x: f32[N, 8, 4, 4] -> f32[N, _, 4, _] { x -> repeat(2) { any(Parts) } }
"""


def test_a_vocabulary_holds_new_layers_and_choices_about_domains() -> None:
    """Two kernels, four units, two ratios and relu: nine ways in each turn. Where a conv stands,
    the width is decided besides, once for the program.
    """
    space = archc.space(ABOVE)
    assert space.size == 7 * 7 + 2 * (9 * 9 - 7 * 7)
    programs = list(space.enumerate())
    for program in programs[::5]:
        assert archc.compile(str(program)).hash == program.hash
    mutants = [space.mutate(programs[0], seed=seed) for seed in range(20)]
    assert any("Gate" in mutant.text for mutant in [*programs, *mutants])
    widths = [item.value for program in programs for item in program.trace if "width" in item.name]
    assert set(widths) == {8, 16}


def test_the_built_in_vocabulary_can_be_read_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "layers.arch").write_text(built_in_text())
    path = tmp_path / "net.arch"
    path.write_text(
        "use layers: BuiltIn\n"
        "network Net on x: f32[N, 8] -> f32[_, 3] {\n"
        "    x -> any(BuiltIn) -> cast(f32) -> flatten -> dense(3)\n}\n"
    )
    kinds = set()
    for program in archc.space(path).samples(60, seed=2):
        copy = tmp_path / "drawn.arch"
        copy.write_text(str(program))
        assert archc.compile(copy).hash == program.hash
        kinds.add(str(program.trace[0].value).partition("(")[0])
    assert len(kinds) > 25


def test_a_block_that_chooses_itself_by_name_remembers_what_was_chosen() -> None:
    text = """
vocabulary Ways {
    relu
    Again
}
block Again on x {
    limit recursion = 3
    let op = any(Ways)
    x -> op
}
network Net on x: f32[N, 4] -> f32[...] { x -> Again }
"""
    assert archc.space(text).size == 1
