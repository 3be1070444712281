"""A slice of `make prove`, and that the proof would notice."""

import json
from pathlib import Path

import archc
import pytest
from archc.cli.main import run as archc_run
from prove import FOLDER, SPACES, Amounts, Prover, prove, refusal, refusal_of_text

SLICE = Amounts(traces=6, texts=3, built=1)


@pytest.mark.parametrize("name", SPACES)
def test_a_slice_of_each_space_is_proved(name: str, tmp_path: Path) -> None:
    (proof,) = prove([name], SLICE, tmp_path)
    assert proof.refused == []
    assert proof.traces == 6
    assert proof.texts == 3
    assert 1 <= proof.distinct <= 6
    assert proof.built + proof.too_large_to_run >= 1


@pytest.mark.parametrize("name", SPACES)
def test_a_space_is_canonical_and_warns_of_nothing(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(FOLDER / f"{name}.arch")
    assert archc_run(["fmt", "--check", path]) == 0
    assert archc.load(path).diagnostics == ()
    capsys.readouterr()


def test_a_proof_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    (wanted,) = prove(["recursive"], Amounts(300, 40, 2), whole)
    parts = tmp_path / "parts"
    list(prove(["recursive"], Amounts(100, 40, 2), parts))
    with (parts / "recursive.seen").open("ab") as file:
        file.write(b"killed while writing")
    (found,) = prove(["recursive"], Amounts(300, 40, 2), parts)
    wanted.seconds = found.seconds = 0.0
    assert found == wanted
    names = "recursive.seen"
    assert (parts / names).read_bytes() == (whole / names).read_bytes()
    assert json.loads((parts / "recursive.json").read_text())["traces"] == 300


WIDE = "network Net on x: f32[N, 4] -> f32[N, 4] {\n    x -> dense(4 | 8) -> dense(4)\n}\n"
NARROW = WIDE.replace("-> dense(4)\n}", "-> dense(4)\n    require params <= 50\n}")


def test_a_program_that_the_checker_refuses_is_noticed() -> None:
    program = next(item for item in archc.space(WIDE).samples(20) if item.trace[0].value == 8)
    assert refusal(program, archc.parse(WIDE).check().process(None, {})) is None
    assert refusal_of_text(program) is None
    found = refusal(program, archc.parse(NARROW).check().process(None, {}))
    assert found is not None and found.startswith("E290")


def test_what_pytorch_refuses_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(program: archc.DrawnProgram) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr("prove.run", broken)
    prover = Prover("recursive", Amounts(1, 1, 1), tmp_path)
    proof = prover.prove(deadline=float("inf"))
    assert "mat1 and mat2" in proof.refused[0]
    assert "Recursive.Tree.choice" in proof.refused[0]
