"""`archc mutate`: programs one choice away."""

import json
from pathlib import Path

import archc
import pytest
from archc.cli.main import run

SPACE = """network S on x: f32[N, 4] -> f32[N, 4] {
    x -> (relu | tanh) -> dense(4 | 8) -> dense(4)
}
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "space.arch"
    path.write_text(SPACE)
    return path


def mutants(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, str]]:
    assert run(["mutate", *words, "--json"]) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["programs"]
    return found


def test_a_mutant_of_a_program_differs_in_one_choice(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = archc.space(space).sample(seed=1)
    (tmp_path / "parent.arch").write_text(str(parent))
    (found,) = mutants(capsys, str(space), "--program", str(tmp_path / "parent.arch"))
    before = [[item.name, item.value] for item in parent.trace]
    assert sum(one != two for one, two in zip(before, found["trace"], strict=True)) == 1


def test_a_trace_stands_for_its_program(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = json.dumps([["S.choice", "relu"], ["S.dense.units", 8]])
    by_text = mutants(capsys, str(space), "--trace", trace, "--seed", "4")
    (tmp_path / "trace.json").write_text(trace)
    by_file = mutants(capsys, str(space), "--trace", str(tmp_path / "trace.json"), "--seed", "4")
    assert by_text == by_file
    assert by_text[0]["trace"] != json.loads(trace)


def test_all_neighbours(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = '{"S.choice": "relu", "S.dense.units": 8}'
    found = mutants(capsys, str(space), "--trace", trace, "--neighbours")
    assert [[value for _, value in entry["trace"]] for entry in found] == [
        ["tanh", 8], ["relu", 4],
    ]  # fmt: skip
    assert mutants(capsys, str(space), "--trace", trace, "--neighbours", "-k", "1") == found[:1]


@pytest.mark.parametrize(
    ("trace", "message"),
    [
        ('[["S.choice", "selu"], ["S.dense.units", 8]]', "'selu' is no option"),
        ('[["S.choice", "relu"]]', "does not decide S.dense.units"),
        ("[1, 2]", "a trace is a list of pairs"),
        ("{broken", "no JSON"),
        (" ", "the trace is empty"),
        ('[["S.choice", "relu"], ["S.choice", "tanh"]]', "decides S.choice twice"),
    ],
)
def test_a_trace_that_does_not_fit_is_told(
    space: Path, trace: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mutate", str(space), "--trace", trace]) == 1
    assert message in capsys.readouterr().err


def test_a_program_of_another_space_is_refused(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.arch"
    other.write_text("network S on x: f32[N, 4] -> f32[N, 4] {\n    x -> gelu -> dense(4)\n}\n")
    assert run(["mutate", str(space), "--program", str(other)]) == 1
    assert "is not one of S" in capsys.readouterr().err


def test_a_space_of_one_program_has_no_mutant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.arch"
    path.write_text("network S on x: f32[N, 4] -> f32[N, 4] {\n    x -> relu\n}\n")
    assert run(["mutate", str(path)]) == 1
    assert "no other program" in capsys.readouterr().err


def test_a_program_without_neighbours_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.arch"
    path.write_text("network S on x: f32[N, 4] -> f32[N, 4] {\n    x -> dropout(0.1..0.5)\n}\n")
    assert run(["mutate", str(path), "--neighbours"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("the program has no neighbours: no choice has another legal option")


def test_a_space_in_the_place_of_a_program_is_told(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mutate", str(space), "--program", str(space)]) == 1
    wanted = f"{space} is a space, not one program: `archc sample {space}` draws one"
    assert wanted in capsys.readouterr().err


def test_compile_closes_choices_by_seed_or_trace(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made.py"
    assert run(["compile", str(space), "-o", str(out)]) == 1
    assert "error[E226]" in capsys.readouterr().err
    trace = '{"S.choice": "tanh", "S.dense.units": 8}'
    assert run(["compile", str(space), "-o", str(out), "--trace", trace]) == 0
    assert "anh" in out.read_text()
    assert run(["compile", str(space), "-o", str(out), "--seed", "1"]) == 0
    assert run(["compile", str(space), "-o", str(out), "--trace", "[]"]) == 2
    assert "does not decide S.choice" in capsys.readouterr().err


def test_a_trace_that_is_no_text_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "space.arch").write_text(
        "network N on x: f32[B, 4] -> f32[B, 4] { x -> (relu | tanh) }"
    )
    trace = tmp_path / "trace.json"
    trace.write_bytes(b"\xc0[]")
    words = ["mutate", str(tmp_path / "space.arch"), "--trace", str(trace)]
    assert run(words) == 1
    assert f"the trace in {trace} is no UTF-8 text: byte 0 is 0xc0" in capsys.readouterr().err
    trace.write_text("[[")
    assert run(words) == 1
    assert f"the trace in {trace} is no JSON" in capsys.readouterr().err
