"""Recipes, lists and vocabularies that get a name: decided once, printed as they were decided."""

from pathlib import Path

import archc

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
