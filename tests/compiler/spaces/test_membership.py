"""Whether a program belongs to a space: against enumeration, and on spaces too large for it."""

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import archc
import pytest
from archc.compiler.graph import Graph
from archc.compiler.spaces import membership
from archc.compiler.spaces.syntax import NotPrintable
from archc.compiler.spaces.target import Matching, Target
from brute import small_space
from test_alike import body_of, space_of

FOLDER = Path(__file__).parents[3] / "examples" / "spaces"


def spaces(numbers: Sequence[int]) -> Iterator[archc.Space]:
    """Random ones that are not empty: those of brute force, and such with named choices."""
    for seed in numbers:
        try:
            if seed % 2:
                yield space_of(body_of(random.Random(seed)))
            else:
                yield archc.space(small_space(seed).text)
        except archc.ProgramError:
            continue


def written(program: archc.DrawnProgram) -> archc.Program | str:
    try:
        return str(program)
    except NotPrintable:
        return program


def in_order(target: Target, graph: Graph) -> bool:
    """Whether a graph has a program's layers in their order."""
    met = Matching(target, ordered=True)
    known = met.take(graph.nodes, graph.values) is None and met.layers == len(target.layers)
    return known and met.outputs(graph) == target.outputs


def test_the_first_trace_of_enumeration_is_found() -> None:
    asked = 0
    for space in spaces(range(40)):
        if not space.size <= 200:
            continue
        programs = list(space.enumerate())
        for program in programs[:: max(1, len(programs) // 4)]:
            target = Target(program.graph)
            first = next(
                other
                for other in programs
                if other.hash == program.hash and in_order(target, other.graph)
            )
            assert space.contains(written(program)).trace == first.trace
            asked += 1
    assert asked > 80


def test_programs_of_another_space_are_outside_unless_they_are_the_same() -> None:
    inside = outside = 0
    for space, other in pairwise(spaces(range(60))):
        if not space.size <= 200:
            continue
        hashes = {program.hash for program in space.enumerate()}
        for program in [*other.samples(2), *space.samples(1)]:
            text = written(program)
            if not isinstance(text, str):
                continue
            found = space.contains(text)
            assert bool(found) == (program.hash in hashes), found.reason
            inside += bool(found)
            outside += not found
    assert inside > 15
    assert outside > 15


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("nasbench201", {"cells_each": 1}),
        ("darts", {"width": 4, "cells_each": 1}),
        ("nasnet", {"width": 4, "cells_each": 1}),
        ("nasbench101", {"width": 16, "modules": 1}),
        ("text", {}),
        ("graphs", {}),
    ],
)
def test_a_program_of_a_large_space_is_found_again(name: str, settings: dict[str, int]) -> None:
    space = archc.space(FOLDER / f"{name}.arch", **settings)
    for program in space.samples(1 if settings.get("width") else 3, seed=3):
        found = space.contains(str(program))
        assert found.trace is not None, found.reason
        assert space.from_trace(found.trace).hash == program.hash


@pytest.mark.slow
def test_a_program_over_the_whole_vocabulary_is_found_again() -> None:
    space = archc.space(FOLDER / "everything.arch")
    for program in space.samples(2, seed=3):
        assert space.contains(str(program))


def test_named_operations_are_found_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = ", ".join(["any(Same)"] * 12)
    uses = " -> ".join(f"ops[{place}]" for place in range(12))
    space = space_of(f"let ops = [{operations}]\nx -> {uses} -> conv(2 | 3, 1)")
    monkeypatch.setattr(membership, "MOST_EXPANSIONS", 500)
    for program in space.samples(5, seed=1):
        found = space.contains(str(program))
        assert found.trace is not None, found.reason
        assert space.from_trace(found.trace).hash == program.hash


def test_numbers_that_were_named_long_before_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(
        "let from = [[0, 1], some([0, 1, 2], 2), some([0, 1, 2, 3], 2)]\n"
        "let widths = [2..9, 2..9] + [2..9]\n"
        "require widths[0] <= widths[2]\n"
        "s = (x, x -> relu)\n"
        "s = (s, (s[from[1][0]] -> conv(2, 1)) + (s[from[1][1]] -> conv(2, 3)), x -> tanh)\n"
        "s = (s, s[from[2][0]] -> conv(widths[0], 1), s[from[2][1]] -> conv(widths[1], 3))\n"
        "(s[4], s[5]) -> concat(axis=1) -> conv(widths[2], 1)"
    )
    monkeypatch.setattr(membership, "MOST_EXPANSIONS", 300)
    for program in space.samples(6, seed=2):
        found = space.contains(str(program))
        assert found.trace is not None, found.reason
        assert space.from_trace(found.trace).hash == program.hash


def test_the_order_of_statements_tells_nothing() -> None:
    space = space_of("a = x -> conv(2 | 3, 3)\nb = x -> (relu | tanh)\n(a, b) -> concat(axis=1)")
    text = """network Net on x: f32[N, 2, 4, 4] -> f32[...] {
    b = x -> tanh
    a = x -> conv(3, 3)
    (a, b) -> concat(axis=1)
}
"""
    found = space.contains(text)
    assert [str(item.value) for item in found.trace or ()] == ["3", "tanh"]


def test_what_is_not_offered_is_named() -> None:
    space = space_of("x -> conv(2 | 3, 1 | 3) -> (relu | tanh)? -> flatten -> dense(10..90)")
    text = """network Net on x: f32[N, 2, 4, 4] -> f32[...] {
    x -> conv(3, 3) -> relu -> flatten -> dense(12)
}
"""
    assert space.contains(text)
    edited = {
        "conv(3, 3)": ("conv(3, 5)", "layer 1 of the program is conv, and `kernel=5` is"),
        "relu": ("gelu", "layer 2 of the program is gelu, not "),
        "dense(12)": ("dense(91)", "layer 4 of the program is dense, and `units=91` is"),
        "(12)": ("(12) -> tanh", "layer 5 of the program is tanh, where the space ends"),
        " -> dense(12)": ("", "the program ends after 3 layers, where the space has dense"),
    }
    for old, (new, reason) in edited.items():
        found = space.contains(text.replace(old, new))
        assert not found
        assert reason in found.reason


def test_hyperparameters_of_any_name_are_decided() -> None:
    space = space_of("x -> pad(1 | 2, value=0 | 1) -> transpose(1 | 2, 2 | 3)")
    for program in space.enumerate():
        found = space.contains(str(program))
        assert found.trace is not None
        assert space.from_trace(found.trace).hash == program.hash


def test_a_search_that_does_not_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    space = archc.space(FOLDER / "nasbench201.arch", cells_each=1)
    program = space.sample(seed=5)
    monkeypatch.setattr(membership, "MOST_EXPANSIONS", 2)
    monkeypatch.setattr(membership, "MOST_REORDERED", 2)
    text = str(program).replace("let ops", "let all").replace("(ops)", "(all)")  # no hint
    with pytest.raises(archc.SpaceLimit, match="do not tell whether"):
        space.contains(text)


# --- train settings -------------------------------------------------------------------------------

TRAINED = """
let rate = 1e-4..1e-1 log
network Net on x: f32[N, 6] -> f32[N, 2] {
    x -> dropout(0.0..0.5) -> tanh? -> dense(2)
}
train Net {
    data = synthetic(task=sine)
    optimizer = adamw(lr=rate, weight_decay=0.0 | 0.01)
        | sgd(lr=0.1 | 0.01, momentum=0.5..0.9 step 0.1)
    batch = 16..64 step 16
    epochs = 1 | 2
}
"""


def test_train_settings_are_found_with_the_program() -> None:
    space = archc.space(TRAINED)
    for program in space.samples(30, seed=1):
        assert space.contains(str(program)).trace == program.trace


def test_train_settings_that_are_not_offered_are_named() -> None:
    space = archc.space(TRAINED)
    text = str(next(p for p in space.samples(50) if "sgd" in str(p) and "epochs = 2" in str(p)))
    assert space.contains(text)
    found = space.contains(text.replace("epochs = 2", "epochs = 77"))
    assert not found
    assert "`epochs`" in found.reason
    assert not space.contains(text.replace("momentum=", "momentum=0.25, nesterov="))


def test_a_name_of_the_program_stands_for_its_value_where_the_space_has_none() -> None:
    space = archc.space(TRAINED)
    drawn = next(p for p in space.samples(50) if "sgd(lr=0.01" in str(p) and "epochs = 2" in str(p))
    named = str(drawn).replace("lr=0.01", "lr=slow").replace("epochs = 2", "epochs = long")
    assert space.contains(f"let slow = 0.01\nlet long = 2\n{named}").trace == drawn.trace
    outside = space.contains(f"let slow = 0.02\nlet long = 2\n{named}")
    assert "`optimizer` in `train` is not offered" in outside.reason


def test_a_program_without_train_settings_takes_the_first_of_each() -> None:
    space = archc.space(TRAINED)
    text = "network Net on x: f32[N, 6] -> f32[N, 2] { x -> dropout(0.25) -> dense(2) }"
    found = {item.name: item.value for item in space.contains(text).trace or ()}
    assert found["Net.dropout.rate"] == 0.25
    assert found["Net.train.epochs"] == 1


GROWING = """
block A on x: f32[N, D] -> f32[N, D] {
    limit nodes = 5
    x -> ({ A -> A -> A } | { fork { A, A } -> add } | dense(D))
}
network Net on x: f32[N, 8] -> f32[N, 3] { x -> A -> dense(3) }
"""


@pytest.mark.parametrize("limit", ["nodes = 5", "nodes = 3", "recursion = 99"])
def test_uses_that_wait_are_not_begun_where_the_program_has_no_layers_for_them(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block that uses itself before it makes a layer had been followed a hundred deep."""
    monkeypatch.setattr(membership, "MOST_EXPANSIONS", 100)
    space = archc.space(GROWING.replace("nodes = 5", limit))
    state = space.begin()
    for choice in ["{ fork { A, A } -> add }", "dense(D)", "dense(D)"]:
        state = state.choose(choice if choice in state.options() else "dense(D)")
        if state.done:
            break
    program = state.program
    found = space.contains(str(program))
    assert found.trace == program.trace


@pytest.mark.parametrize("written", ["a + b + x", "(a, b, x) -> add", "(x, b + a) -> add"])
def test_a_sum_may_be_made_of_more_layers_than_the_program_has(written: str) -> None:
    head = "network Net on x: f32[N, 8] -> f32[N, 8] {\n    a = x -> relu\n    b = x -> tanh\n"
    sums = "((a + b + x) | ((a, b, x) -> add) | (a * b + x))"
    space = archc.space(f"{head}    {sums} -> (dense(8) | tanh)?\n}}")
    found = space.contains(f"{head}    {written}\n}}")
    assert found.trace is not None
    assert space.from_trace(found.trace).hash == archc.compile(f"{head}    {written}\n}}").hash
