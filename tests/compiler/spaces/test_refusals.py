"""What a refusal closes: wide domains behind a layer that looks at none of them, and the whole
vocabulary.
"""

import archc
import pytest


def opened(body: str, head: str = "x: f32[N, 4]") -> archc.Space:
    return archc.space(f"network S on {head} {{\n    {body}\n}}\n")


@pytest.mark.parametrize(
    ("body", "size", "most"),
    [
        ("x -> (embedding(?, ?) | relu) -> dense(3)", 1, 20),
        ("x -> relu? -> (embedding(2..60000, 8..900) | relu) -> dense(3)", 2, 40),
        ("x -> (conv(1..5000, 1 | 3 | 5) | tanh) -> dense(1 | 2)", 2, 20),
        ("x -> (rnn(1..500, layers=1..3, activation=?) | tanh)", 1, 20),
        ("x -> repeat(3) { (embedding(?, ?) | relu) } -> dense(1..9)", 9, 60),
    ],
)
def test_settings_that_a_layer_never_looks_at_are_not_tried(
    body: str, size: int, most: int
) -> None:
    space = opened(body)
    assert space.size == size
    assert space.process.runs <= most


def test_settings_that_a_layer_does_look_at_are_tried() -> None:
    space = opened("x -> groupnorm(groups=1..4) -> relu", "x: f32[N, 6, 8]")
    assert [program.trace[0].value for program in space.enumerate()] == [1, 2, 3]
    narrow = opened(
        "x -> maxpool(1..8, stride=1..3) -> conv(2..3, 1..9, padding=valid)", "x: f32[N, 1, 9]"
    )
    wanted = [
        (kernel, stride, filters, width)
        for kernel in range(1, 9)
        for stride in range(1, 4)
        for filters in (2, 3)
        for width in range(1, 10)
        if (9 - kernel) // stride + 1 >= width
    ]
    found = [tuple(item.value for item in program.trace) for program in narrow.enumerate()]
    assert found == wanted
    assert narrow.size == len(wanted)


def test_a_refusal_deep_inside_leads_back_to_the_choice_at_fault() -> None:
    text = """block Deep(width: int) on x: f32[N, C] -> f32[N, C] {
    x -> dense(width) -> (relu | tanh) -> { dense(C) }
}
"""
    space = archc.space(
        f"{text}network S on x: f32[N, 4] -> f32[N, 6] {{\n"
        "    x -> dense(3..6) -> Deep(1 | 2) -> repeat(1..2) { (relu | dense(5..7))? }\n}\n"
    )
    programs = list(space.enumerate())
    assert space.size == len(programs) == len({item.trace for item in programs})
    for program in programs[::7]:
        assert archc.parse(str(program)).check().ok


def test_instances_and_shared_turns_forget_what_was_taken_back() -> None:
    space = archc.space(
        "network S on x: f32[N, 4] -> f32[N, 4] {\n"
        "    layer f = dense(3 | 4)\n"
        "    x -> (f -> f | share(2) { dense(3 | 4) -> (relu | tanh) } | f)\n}\n"
    )
    found = [tuple(item.value for item in program.trace) for program in space.enumerate()]
    assert len(found) == space.size == 4
    for program in space.samples(12):
        assert archc.compile(str(program)).hash == program.hash


def test_networks_of_ten_layers_over_the_whole_vocabulary_are_valid() -> None:
    space = opened("x -> repeat(10) { ? }", "x: f32[N, 3, 32, 32]")
    for program in space.samples(25, seed=1):
        again = archc.compile(str(program))
        assert again.hash == program.hash
    assert space.process.runs < 1000
