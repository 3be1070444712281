"""Choices in defaults: made at every use that leaves the argument out, and printed as made."""

import archc
import pytest

BLOCKS = """
vocabulary V { dense(8 | 16), relu }
block Inner(a: stage = silu | gelu) on x { x -> a }
block P(w: int, act: stage = DEFAULT) on x { x -> dense(w) -> act }
"""
DEFAULTS = [
    "relu | tanh",
    "any(V)",
    "(relu | { dense(4 | 8) })",
    "Inner",
    "Inner()",
    "some([relu, tanh], 1)",
]
BODIES = [
    "x -> P(8) -> P(8)",
    "x -> P(8, relu) -> P(8) -> P(9)",
    "a = x -> P(4)\nb = x -> P(4, act=tanh)\na + b",
    "x -> repeat(2) { P(8) -> P(8) }",
    "let p = P(8)\nx -> p -> p -> P(8)",
    "layer f = P(4)\nx -> f -> relu -> f -> P(4)",
    "x -> fork { P(8), P(8) } -> concat(axis=1)",
]


@pytest.mark.parametrize("default", DEFAULTS)
@pytest.mark.parametrize("body", BODIES)
def test_the_text_is_the_program_that_was_drawn(default: str, body: str) -> None:
    text = BLOCKS.replace("DEFAULT", default)
    space = archc.space(f"{text}network Net on x: f32[N, 4] -> f32[...] {{\n{body}\n}}\n")
    for number, program in enumerate(space.enumerate()):
        if number == 60:
            break
        assert archc.compile(archc.parse(str(program))).hash == program.hash


def test_two_uses_in_one_place_decide_twice() -> None:
    text = BLOCKS.replace("DEFAULT", "relu | tanh")
    space = archc.space(text + "network Net on x: f32[N, 4] -> f32[...] { x -> P(8) -> P(8) }")
    texts = {str(program) for program in space.enumerate()}
    hashes = {archc.compile(archc.parse(item)).hash for item in texts}
    assert space.size == len(texts) == len(hashes) == 4


@pytest.mark.parametrize(
    "text",
    [
        "block Y(w: int = 4 | 8) on x: f32[N, D] {\nrequire w == D\nx -> dense(w)\n}\n"
        "network Net on x: f32[N, 4] -> f32[...] { x -> dense(4 | 8) -> Y }",
        "block Z(w: int = 4 | 8) on x { x -> dense(w) }\n"
        "network Net on x: f32[N, 4] -> f32[...] {\nlayer n = Z\nx -> dense(4 | 8) -> n -> n\n}",
        "cell C(w: int = 4 | 8) on x: f32[N, D] with h: f32[N, D] -> f32[N, _] {\n"
        "next h = 0.5 * h + x\nh -> dense(w)\n}\n"
        "network Net on x: f32[N, 3, 4] -> f32[...] {\n"
        "layer n = C\nx -> dense(4 | 8) -> scan(n) -> scan(n)\n}",
    ],
)
def test_a_default_left_out_by_a_bare_name_is_decided_for_what_flows_in(text: str) -> None:
    found = [program.decisions for program in archc.space(text).enumerate()]
    assert found == [(0, 0), (1, 1)]
