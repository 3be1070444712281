"""`archc.testing`: every program drawn is valid, and counterexamples shrink to the smallest."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import archc
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.strategies import SearchStrategy

SPACES = Path(__file__).parents[1] / "examples" / "spaces"
QUIETLY = settings(
    max_examples=200,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
CHOICES = """
network Net on x: f32[N, 4] -> f32[N, 2] {
    let act = relu | gelu(approximate="tanh") | identity
    x -> repeat(1..5) { dense(64 | 16 | 32) -> act -> dropout(0.0..0.5)? } -> dense(2)
    require params <= 4k
}
"""
RECURSIVE = """
block Tree on x: f32[N, C] -> f32[N, C] {
    limit recursion = 5
    x -> (residual { Tree } | relu | { tanh -> Tree })
}
network Net on x: f32[N, 4] -> f32[N, 4] { x -> Tree -> dense(4) }
"""


def smallest(
    strategy: SearchStrategy[archc.DrawnProgram], wanted: Callable[[archc.DrawnProgram], bool]
) -> dict[str, Any]:
    found = find(strategy, wanted, settings=QUIETLY)
    return {item.name: item.value for item in found.trace}


def uses(layer: str) -> Callable[[archc.DrawnProgram], bool]:
    return lambda program: any(node.layer.name == layer for node in program.graph.nodes)


@pytest.mark.parametrize("name", ["images", "recursive", "sequences", "vocabulary"])
def test_every_program_is_one_of_the_space(name: str) -> None:
    space = archc.space(SPACES / f"{name}.arch")
    drawn: list[archc.DrawnProgram] = []

    @settings(QUIETLY, max_examples=15)
    @given(archc.testing.programs(space))
    def draw(program: archc.DrawnProgram) -> None:
        drawn.append(program)
        assert archc.parse(str(program)).check().ok
        assert space.from_trace(program.trace).hash == program.hash

    draw()
    assert len({program.trace for program in drawn}) > 5


def test_nothing_asked_for_is_the_smallest_program() -> None:
    assert smallest(archc.testing.programs(CHOICES), lambda program: True) == {
        "Net.act": "identity",
        "Net.repeat.n": 1,
        "Net.repeat.0.dense.units": 16,
        "Net.repeat.0.dropout?": "identity",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (uses("gelu"), {"Net.act": 'gelu(approximate="tanh")', "Net.repeat.n": 1}),
        (
            uses("dropout"),
            {
                "Net.repeat.n": 1,
                "Net.repeat.0.dropout?": "dropout(0.0..0.5)",
                "Net.repeat.0.dropout.rate": 0.0,
            },
        ),
        (
            lambda program: program.params > 400,
            {"Net.act": "identity", "Net.repeat.n": 1, "Net.repeat.0.dense.units": 64},
        ),
        (
            lambda program: sum(node.layer.name == "dense" for node in program.graph.nodes) > 4,
            {"Net.repeat.n": 4, "Net.repeat.3.dense.units": 16},
        ),
    ],
    ids=["gelu", "dropout", "many parameters", "deep"],
)
def test_counterexamples_shrink(
    wanted: Callable[[archc.DrawnProgram], bool], found: dict[str, Any]
) -> None:
    trace = smallest(archc.testing.programs(CHOICES), wanted)
    assert found.items() <= trace.items()
    others = {name: value for name, value in trace.items() if name not in found}
    assert all(value in ("identity", 16, 1, trace["Net.act"]) for value in others.values()), trace


def test_recursion_shrinks_to_its_end() -> None:
    strategy = archc.testing.programs(archc.parse(RECURSIVE))
    assert list(smallest(strategy, lambda program: True).values()) == ["relu"]
    found = find(strategy, uses("add"), settings=QUIETLY)
    assert [node.layer.name for node in found.graph.nodes] == ["relu", "add", "dense"]


@pytest.mark.slow
def test_the_whole_vocabulary_is_drawn_from() -> None:
    seen: set[str] = set()
    inputs: set[str] = set()

    @settings(QUIETLY, max_examples=100)
    @given(archc.testing.vocabulary_programs())
    def draw(program: archc.DrawnProgram) -> None:
        seen.update(node.layer.name for node in program.graph.nodes)
        inputs.add(str(program.graph.values[program.graph.inputs[0].value]))
        assert archc.parse(str(program)).check().ok

    draw()
    assert len(seen) > 20
    assert len(inputs) == 4


def test_vocabulary_programs_shrink_to_one_layer() -> None:
    found = find(
        archc.testing.vocabulary_programs(), lambda program: program.params > 30, settings=QUIETLY
    )
    assert len(found.graph.nodes) == 2
    assert found.graph.nodes[1].layer.name == "cast"


def test_a_vocabulary_of_ones_own() -> None:
    strategy = archc.testing.vocabulary_programs("vocabulary Mine { conv(2 | 4, 3), tanh }")
    found = find(strategy, uses("conv"), settings=QUIETLY)
    assert {node.layer.name for node in found.graph.nodes} <= {"conv", "tanh", "cast"}
    with pytest.raises(archc.ProgramError):
        archc.testing.vocabulary_programs("vocabulary Bad { nosuchlayer }")


@pytest.mark.parametrize("text", ["relu", "", "network N on x: f32[4] -> f32[4] { x -> relu }"])
def test_a_text_without_a_vocabulary_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="declares no vocabulary"):
        archc.testing.vocabulary_programs(text)


def test_a_vocabulary_is_found_beside_comments_and_blocks() -> None:
    text = """# the vocabulary of small images
block Twice on x: f32[..., C] -> f32[..., C] { x -> tanh -> tanh }
vocabulary  Mine{ Twice }  # one vocabulary
"""
    found = find(archc.testing.vocabulary_programs(text), lambda _: True, settings=QUIETLY)
    assert [node.layer.name for node in found.graph.nodes] == ["tanh", "tanh", "cast"]


def test_a_vocabulary_that_does_not_parse_says_where() -> None:
    with pytest.raises(archc.ProgramError, match="E2|E1"):
        archc.testing.vocabulary_programs("vocabulary Mine { relu, conv( }")


def test_without_hypothesis_it_says_what_to_install() -> None:
    text = (
        "import sys; sys.modules['hypothesis'] = sys.modules['hypothesis.strategies'] = None\n"
        "import archc\n"
        "archc.testing.programs('network N on x: f32[B, 4] -> f32[B, _] { x -> dense(1 | 2) }\\n')"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 1
    assert "archc.testing needs Hypothesis: pip install 'archc[testing]'" in done.stderr


def test_networks_have_a_layer() -> None:
    with pytest.raises(ValueError, match="`layers` is at least 1, not 0"):
        archc.testing.vocabulary_programs(layers=0)
    with pytest.raises(TypeError, match="whole number, not str"):
        archc.testing.vocabulary_programs(layers="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a vocabulary is its text, not int"):
        archc.testing.vocabulary_programs(3)  # type: ignore[arg-type]


def test_a_vocabulary_without_entries_is_a_program_at_fault() -> None:
    with pytest.raises(archc.ProgramError, match="E464"):
        archc.testing.vocabulary_programs("vocabulary V { }")
