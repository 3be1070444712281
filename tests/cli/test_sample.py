"""`archc sample`: programs drawn, printed, written and resumed."""

import base64
import json
import pickle
import subprocess
import sys
from pathlib import Path

import archc
import pytest
from archc.cli import sample
from archc.cli.main import run
from archc.cli.writing import Writer

SPACE = """
network Net on x: f32[N, 4] -> f32[N, 2] {
    x -> repeat(1..2) { dense(4 | 8) -> (relu | tanh) } -> dense(2)
}
network Real on x: f32[N, 4] -> f32[N, 4] {
    x -> dropout(0.0..0.5) -> (relu | gelu)
}
"""


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "space.arch"
    path.write_text(SPACE)
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_what_is_promised(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample", str(space), "-n", "Net", "-k", "3", "--seed", "5", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    assert len(answer["programs"]) == 3
    for entry in answer["programs"]:
        model = archc.compile(entry["text"])
        assert (model.hash, model.params, model.flops) == (
            entry["hash"], entry["params"], entry["flops"],
        )  # fmt: skip
        assert archc.space(space, "Net").from_trace(entry["trace"]).hash == entry["hash"]


def test_a_stream_goes_on_where_it_stopped(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sample", str(space), "-n", "Net", "--format", "jsonl", "--seed", "3"]
    assert run([*words, "-k", "9"]) == 0
    whole = lines(capsys)
    assert [entry["index"] for entry in whole] == list(range(9))
    assert run([*words, "-k", "4", "--start", "5"]) == 0
    assert lines(capsys) == whole[5:]


def test_workers_change_nothing(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sample", str(space), "-n", "Net", "--format", "jsonl", "-k", "150"]
    assert run(words) == 0
    alone = capsys.readouterr().out
    assert run([*words, "--jobs", "2"]) == 0
    assert capsys.readouterr().out == alone


def test_programs_are_written_to_files(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn"
    words = ["sample", str(space), "-n", "Net", "-k", "2", "-o", str(out), "--emit", "py"]
    assert run(words) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "00000000.arch", "00000000.py", "00000001.arch", "00000001.py",
    ]  # fmt: skip
    assert archc.load(out / "00000000.arch").check().ok


def test_an_emitted_onnx_model_can_be_read(space: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    out = tmp_path / "drawn"
    assert run(["sample", str(space), "-n", "Net", "-o", str(out), "--emit", "onnx"]) == 0
    onnx.checker.check_model(onnx.load(out / "00000000.onnx"))


def test_a_line_can_hold_its_compiled_program(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx = pytest.importorskip("onnx")
    words = ["sample", str(space), "-n", "Net", "-k", "2", "--format", "jsonl", "--emit"]
    assert run([*words, "onnx"]) == 0
    for entry in lines(capsys):
        model = onnx.load_from_string(base64.b64decode(str(entry["onnx"])))
        onnx.checker.check_model(model)
    assert run([*words, "py"]) == 0
    for entry in lines(capsys):
        compile(str(entry["py"]), "drawn.py", "exec")
        assert "import torch" in str(entry["py"])


def test_settings_of_the_training_are_decided_from_outside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.arch"
    path.write_text(
        "network Loss on y: f32[N, 4], t: i64[N] -> f32[N] { (y -> mean(axes=1)) }\n"
        "network Net on x: f32[N, 8] -> f32[N, 4] { x -> dense(4) -> (relu | tanh) }\n"
        "train Net { optimizer = sgd(lr=0.1 | 0.2, momentum=0.9), loss = Loss }\n"
        "train long: Net { epochs = 3 | 5 }\n"
    )
    assert run(["enumerate", str(path), "-n", "Net"]) == 0
    assert capsys.readouterr().out.count("# ") == 8
    assert run(["enumerate", str(path), "--set", "train.optimizer.lr=0.3"]) == 0
    out = capsys.readouterr().out
    assert out.count("lr=0.3") == out.count("# ") == 4
    assert run(["sample", str(path), "--set", "train.epochs=1.."]) == 1
    assert "<--set train.epochs>" in capsys.readouterr().err


def test_unique_programs_end_with_the_space(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sample", str(space), "-n", "Net", "-k", "50", "--unique", "--format", "jsonl"]
    assert run(words) == 0
    drawn = lines(capsys)
    assert len(drawn) == len({str(entry["hash"]) for entry in drawn}) == 20


def test_what_cannot_be_asked_is_told(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample", str(space), "-n", "Real", "--uniform"]) == 1
    assert "real range" in capsys.readouterr().err
    assert run(["sample", str(space), "-n", "Net", "--uniform", "--conditioned"]) == 2
    assert run(["sample", str(space), "-n", "Net", "--emit", "py"]) == 2
    assert run(["sample", str(space)]) == 1
    assert "Net" in capsys.readouterr().err


def test_a_name_whose_uses_differ_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A block decides anew at each use of the name that it stands behind."""
    path = tmp_path / "twice.arch"
    path.write_text(
        "block Any on x { x -> (relu | tanh | gelu) }\n"
        "network Net on x: f32[N, 4] -> f32[N, 4] {\n    let f = { Any }\n    x -> f -> f -> f\n}\n"
    )
    assert run(["sample", str(path), "-k", "20"]) == 1
    assert "write it out at each use" in capsys.readouterr().err


def test_sampling_imports_no_torch(space: Path) -> None:
    code = (
        "import sys; from archc.cli.main import run; "
        f"run(['sample', {str(space)!r}, '-n', 'Net', '--json']); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'onnx', 'numpy', 'rich')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_where_nothing_is_found_it_says_what_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(archc.Space.__init__, "__defaults__", (None, None, 30))
    path = tmp_path / "narrow.arch"
    path.write_text("network Narrow on x: f32[N, 8] -> f32[N, 10] { x -> repeat(1..4) { ? } }\n")
    assert run(["sample", str(path)]) == 1
    message = capsys.readouterr().err
    assert "the budget of 30 expansions is used up; no valid program was found" in message
    assert "-> flatten -> dense(10)" in message


TREE = """
block Tree on x: f32[N, D] -> f32[N, _] {
    limit recursion = 5
    x -> (dense(1..40) | { fork { Tree, Tree } -> add })
}
network Net on x: f32[N, 2] -> f32[N, 1] { x -> Tree -> dense(1) }
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tree.arch"
    path.write_text(TREE)
    monkeypatch.setattr(archc.Space.__init__, "__defaults__", (None, None, 300))
    return path


def test_a_draw_out_of_reach_says_that_the_space_holds_programs(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(tree), "--format", "jsonl", "-k", "90", "--seed", "2"]) == 1
    told = capsys.readouterr()
    drawn = [json.loads(line)["index"] for line in told.out.splitlines()]
    assert "no valid program was found" not in told.err
    assert "The space holds valid programs" in told.err
    assert 0 < len(drawn) < 90
    assert f"program {len(drawn)} is out of reach" in told.err
    assert f"`--start {len(drawn) + 1}` goes on" in told.err
    assert run(["sample", str(tree), "--uniform"]) == 1
    assert "draw without it" in capsys.readouterr().err


def test_one_answer_has_what_was_drawn_before_a_draw_out_of_reach(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(tree), "--json", "-k", "90", "--seed", "2"]) == 1
    told = capsys.readouterr()
    drawn = json.loads(told.out)["programs"]
    assert 0 < len(drawn) < 90
    assert f"program {len(drawn)} is out of reach" in told.err


def test_a_worker_hands_over_what_it_drew_before(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = sample.Task(tree, None, (), 2, uniform=False, conditioned=False)
    monkeypatch.setattr(sample._Worker, "task", task, raising=False)
    monkeypatch.setattr(sample._Worker, "space", task.open(), raising=False)
    monkeypatch.setattr(sample._Worker, "writer", Writer("jsonl"), raising=False)
    text, limit = sample._chunk((0, 64))
    assert f"program {len(text.splitlines())} is out of reach" in str(limit)
    again = pickle.loads(pickle.dumps(limit))
    assert (str(again), again.low) == (str(limit), 1)


def test_a_limit_knows_that_the_space_holds_programs(tree: Path) -> None:
    with pytest.raises(archc.SpaceLimit, match="is used up") as found:
        list(archc.space(tree).samples(90, seed=2))
    assert (found.value.low, found.value.high) == (1, float("inf"))
