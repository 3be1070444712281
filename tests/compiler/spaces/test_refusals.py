"""What a refusal closes: wide domains behind a layer that looks at none of them, and the whole
vocabulary.
"""

import gc
from pathlib import Path

import archc
import pytest
from archc.compiler.checks import Checks
from archc.compiler.errors.base import Site
from archc.compiler.errors.cells import ScanNeedsCell
from archc.compiler.expand import refusals
from archc.compiler.expand.builder import GraphBuilder
from archc.compiler.expand.values import Tensor
from archc.compiler.facts import Facts
from archc.compiler.layers.mean import Mean
from archc.compiler.layers.pow import Pow
from archc.compiler.types import F32, TensorType
from archc.grammar.diagnostic import Fault
from archc.grammar.span import NOWHERE

EVERYTHING = Path(__file__).parents[3] / "examples" / "spaces" / "everything.arch"


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
    assert space.process.budget.runs <= most


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
    assert space.process.budget.runs < 1000


def test_what_a_layer_read_before_it_refused_refuses_it_wherever_that_is_the_same() -> None:
    layer, three, four = Mean(axes=(3,)), tensor((2, 3, 4)), tensor((2, 3, 4, 5))
    with pytest.raises(Fault) as refused:
        layer.infer(Checks(Facts(), Site("mean", NOWHERE)), three.type)
    fault = refused.value
    read = refusals.reading(layer, [three], fault, Facts())
    assert read is not None and read.settings == {"axes"} and not read.sizes
    refusals.note(layer, [three], read.settings, fault.diagnostic)
    again = refusals.known(Mean(axes=(3,), keep=True), [tensor((7, 8, 9))])
    assert again is not None and again.settings == {"axes"}
    assert refusals.known(Mean(axes=(2,)), [three]) is None
    assert refusals.known(layer, [four]) is None


def test_equal_values_of_two_types_are_told_apart() -> None:
    x, reason = tensor((2, 3)), ScanNeedsCell(NOWHERE, "nothing")
    refusals.note(Pow(exponent=5), [x], frozenset({"exponent"}), reason)
    assert refusals.known(Pow(exponent=5), [x]) is not None
    assert refusals.known(Pow(exponent=5.0), [x]) is None


def test_an_expansion_is_let_go_at_once() -> None:
    space = archc.space(EVERYTHING)
    _ = [program.trace for program in space.samples(20, seed=1)]
    gc.collect()
    gc.disable()
    try:
        before = builders()
        _ = [program.trace for program in space.samples(40, seed=2)]
        assert builders() == before
    finally:
        gc.enable()


def builders() -> int:
    return sum(type(item) is GraphBuilder for item in gc.get_objects())


def tensor(shape: tuple[int, ...]) -> Tensor:
    return Tensor(0, TensorType(F32, shape), NOWHERE)
