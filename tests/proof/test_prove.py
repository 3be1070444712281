"""A slice of `make prove`, and that the proof would notice."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import archc
import pytest
from afresh import checked, refusal_of_text
from archc.cli.main import run as archc_run
from draws import FOLDER
from prove import SPACES, Amounts, Prover, prove
from sizes import figures, sizes_of

SLICE = Amounts(traces=6, texts=3, built=1)


@pytest.mark.parametrize("name", SPACES)
def test_a_slice_of_each_space_is_proved(name: str, tmp_path: Path) -> None:
    proof = Prover(name, SLICE, tmp_path).prove(deadline=float("inf"))
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
    Prover("recursive", Amounts(100, 40, 2), parts).prove(deadline=float("inf"))
    with (parts / "recursive.drawn").open("ab") as file:
        file.write(b"killed while writing")
    found = Prover("recursive", Amounts(300, 40, 2), parts).prove(deadline=float("inf"))
    wanted.spent = found.spent = {}
    assert found == wanted
    names = "recursive.drawn"
    assert (parts / names).read_bytes() == (whole / names).read_bytes()
    assert json.loads((parts / "recursive.json").read_text())["traces"] == 300


def test_a_worker_whose_run_was_killed_leaves_the_proof_to_the_next(tmp_path: Path) -> None:
    """Both would add to the same files: traces would stand there twice, and others be missing."""
    command = [sys.executable, str(Path(__file__).with_name("prove.py")), "--space", "sequences"]
    command += ["--per-space", "3000", "--texts", "0", "--built", "0", "--jobs", "1"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with subprocess.Popen([*command, "--state", str(killed)], stdout=subprocess.PIPE) as process:
        while not (killed / "sequences.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    for state in (killed, whole):
        subprocess.run(
            [*command, "--state", str(state)], check=True, stdout=subprocess.DEVNULL, timeout=120
        )
    drawn = [(state / "sequences.drawn").read_bytes() for state in (killed, whole)]
    assert drawn[0] == drawn[1]


def test_parts_that_are_joined_are_the_whole(tmp_path: Path) -> None:
    whole, left, right = [tmp_path / name for name in ("whole", "left", "right")]
    (wanted,) = prove(["recursive"], Amounts(500, 250, 2), whole)
    list(prove(["recursive"], Amounts(200, 200, 2), left))
    (part,) = prove(["recursive"], Amounts(300, 250, 2, first=200), right)
    assert (part.texts, part.built) == (50, 0)
    found = Prover("recursive", Amounts(500, 250, 2), left).join(right)
    wanted.spent = found.spent = {}
    assert found == wanted
    assert wanted.distinct < 500  # some come up in both
    assert (left / "recursive.drawn").read_bytes() == (whole / "recursive.drawn").read_bytes()
    with pytest.raises(ValueError, match="begins at trace 200, not at 500"):
        Prover("recursive", Amounts(500, 250, 2), left).join(right)


def test_what_other_runs_proved_stays_in_the_results(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    kept = {"space": "images", "traces": 7}
    results.write_text(json.dumps({"schema_version": 2, "spaces": [kept]}))
    command = [sys.executable, str(Path(__file__).with_name("prove.py")), "--space", "recursive"]
    command += ["--per-space", "100", "--built", "0", "--state", str(tmp_path)]
    subprocess.run([*command, "--results", str(results)], check=True, stdout=subprocess.DEVNULL)
    first, second = json.loads(results.read_text())["spaces"]
    assert first == kept
    assert (second["space"], second["traces"]) == ("recursive", 100)


def test_programs_are_built_after_a_run_that_built_none(tmp_path: Path) -> None:
    """As where one Python checks and another, which has PyTorch, builds."""
    (proof,) = prove(["recursive"], Amounts(300, 40, 0), tmp_path)
    assert (proof.traces, proof.built) == (300, 0)
    (proof,) = prove(["recursive"], Amounts(300, 40, 5), tmp_path)
    assert (proof.traces, proof.built, proof.refused) == (300, 5, [])
    assert json.loads((tmp_path / "recursive.json").read_text())["built"] == 5


def test_spaces_take_turns_until_all_are_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prove.TURN", 0.05)  # a chunk or so
    turns = list(prove(["recursive", "images"], Amounts(1000, 1, 1), tmp_path, jobs=2))
    assert len(turns) > 2
    assert {turn.space: turn.traces for turn in turns} == {"recursive": 1000, "images": 1000}


def test_a_run_that_is_stopped_leaves_its_figures(tmp_path: Path) -> None:
    script, results = Path(__file__).with_name("prove.py"), tmp_path / "results.json"
    command = [sys.executable, str(script), "--space", "recursive", "--space", "metaqnn"]
    command += ["--jobs", "2", "--texts", "0", "--state", str(tmp_path), "--results", str(results)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "recursive.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert "goes on from here" in process.communicate(timeout=60)[0]
    (entry, *_) = json.loads(results.read_text())["spaces"]
    assert entry["space"] == "recursive"
    assert entry["traces"] >= 100
    assert entry["sizes"]["layers"]["mean"] > 0


def test_sizes_are_layers_their_longest_path_and_blocks_in_blocks() -> None:
    text = """
    block Inner on x { x -> relu }
    block Outer on x { x -> Inner -> tanh -> Inner }
    network Net on x: f32[N, 4] -> f32[N, 4] {
        a = x -> Outer
        a + (x -> relu)
    }
    """
    assert sizes_of(archc.compile(text).graph) == (5, 4, 2)
    assert figures({"10": 1, "2": 99}) == {
        "mean": 2.08, "least": 2, "median": 2, "90 %": 2, "99 %": 2, "most": 10
    }  # fmt: skip


WIDE = "network Net on x: f32[N, 4] -> f32[N, 4] {\n    x -> dense(4 | 8) -> dense(4)\n}\n"
NARROW = WIDE.replace("-> dense(4)\n}", "-> dense(4)\n    require params <= 50\n}")


def test_a_program_that_the_checker_refuses_is_noticed() -> None:
    program = next(item for item in archc.space(WIDE).samples(20) if item.trace[0].value == 8)
    assert checked(program, archc.parse(WIDE).check().process(None, {}).network) == program.graph
    assert refusal_of_text(program) is None
    found = checked(program, archc.parse(NARROW).check().process(None, {}).network)
    assert isinstance(found, str) and found.startswith("E290")


def test_what_pytorch_refuses_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(program: archc.DrawnProgram) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr("prove.run", broken)
    prover = Prover("recursive", Amounts(1, 1, 1), tmp_path)
    proof = prover.prove(deadline=float("inf"))
    assert "mat1 and mat2" in proof.refused[0]
    assert "Recursive.Tree.choice" in proof.refused[0]
