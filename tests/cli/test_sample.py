"""`archc sample`: programs drawn, printed, written and resumed."""

import base64
import errno
import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import archc
import pytest
from archc import SpaceLimit
from archc.cli import sample
from archc.cli.main import run
from archc.cli.writing import Writer
from archc.compiler.spaces import space as spaces

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
    told = capsys.readouterr()
    assert told.err.startswith("20 programs were found, each with another graph; 10,000 draws")
    drawn = [json.loads(line) for line in told.out.splitlines()]
    assert len(drawn) == len({str(entry["hash"]) for entry in drawn}) == 20


def test_what_cannot_be_asked_is_told(space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sample", str(space), "-n", "Real", "--uniform"]) == 1
    assert "real range" in capsys.readouterr().err
    assert run(["sample", str(space), "-n", "Net", "--uniform", "--conditioned"]) == 2
    assert run(["sample", str(space), "-n", "Net", "--emit", "py"]) == 2
    assert run(["sample", str(space)]) == 1
    assert "Net" in capsys.readouterr().err


def test_a_name_whose_uses_differ_is_written_out_at_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A block decides anew at each use of the name that it stands behind."""
    path = tmp_path / "twice.arch"
    path.write_text(
        "block Any on x { x -> (relu | tanh | gelu) }\n"
        "network Net on x: f32[N, 4] -> f32[N, 4] {\n    let f = { Any }\n    x -> f -> f -> f\n}\n"
    )
    assert run(["sample", str(path), "-k", "20", "--format", "jsonl"]) == 0
    drawn = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({entry["hash"] for entry in drawn}) > 5
    for entry in drawn:
        assert archc.compile(entry["text"]).hash == entry["hash"]


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
    monkeypatch.setattr(spaces, "MOST_EXPANSIONS", 30)
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
    monkeypatch.setattr(spaces, "MOST_EXPANSIONS", 300)
    return path


def test_a_draw_out_of_reach_says_that_the_space_holds_programs(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(tree), "-k", "90", "--seed", "2"]) == 1
    told = capsys.readouterr()
    drawn = [line for line in told.out.splitlines() if line.startswith("# ")]
    assert "no valid program was found" not in told.err
    assert "The space holds valid programs" in told.err
    assert 0 < len(drawn) < 90
    assert f"program {len(drawn)} is out of reach" in told.err
    assert f"`--start {len(drawn) + 1}` goes on" in told.err
    assert run(["sample", str(tree), "--uniform"]) == 1
    assert "draw without it" in capsys.readouterr().err


def test_a_stream_of_lines_goes_on_where_a_draw_is_out_of_reach(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(tree), "--format", "jsonl", "-k", "90", "--seed", "2"]) == 0
    told = capsys.readouterr()
    entries = [json.loads(line) for line in told.out.splitlines()]
    assert [entry["index"] for entry in entries] == list(range(90))
    away = [entry["index"] for entry in entries if entry["text"] is None]
    assert 0 < len(away) < 90
    for number in away:
        reason = f"program {number} is out of reach: the budget of 300 expansions is used up"
        assert entries[number] == {"index": number, "text": None, "left_out": reason}
        assert reason in told.err
    some = next(entry for entry in entries if entry["text"] and entry["index"] > away[0])
    (drawn,) = archc.space(tree).samples(1, seed=2, start=some["index"])
    assert some["text"] == drawn.text


def test_one_answer_has_what_was_drawn_before_a_draw_out_of_reach(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sample", str(tree), "--json", "-k", "90", "--seed", "2"]) == 1
    told = capsys.readouterr()
    drawn = json.loads(told.out)["programs"]
    assert 0 < len(drawn) < 90
    assert f"program {len(drawn)} is out of reach" in told.err


def test_workers_hand_over_what_they_drew_before(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = sample.Begin(
        sample.Task(tree, None, (), 2, uniform=False, conditioned=False), Writer("text")
    )()
    drawn = []
    with pytest.raises(SpaceLimit, match=r"`--start \d+` goes on") as found:
        drawn += map(make, range(64))
    number = len(drawn)
    assert f"program {number} is out of reach" in str(found.value)
    again = pickle.loads(pickle.dumps(found.value))
    assert (str(again), again.low) == (str(found.value), 1)


def test_a_limit_knows_that_the_space_holds_programs(tree: Path) -> None:
    with pytest.raises(archc.SpaceLimit, match="is used up") as found:
        list(archc.space(tree).samples(90, seed=2))
    assert (found.value.low, found.value.high) == (1, float("inf"))


WIDE = """
network Wide on x: f32[N, 8] -> f32[N, 2] { x -> dense(4 | 100k) -> dense(2) }
"""


def test_a_program_too_large_to_emit_says_so_and_the_stream_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    path = tmp_path / "wide.arch"
    path.write_text(WIDE)
    words = ["enumerate", str(path), "--emit", "onnx", "--emit-limit", "1"]
    assert run([*words, "--format", "jsonl"]) == 0
    small, large = lines(capsys)
    assert small["onnx"] and "left_out" not in small
    assert large["onnx"] is None
    assert large["left_out"] == "5 MB of weights are over the 1 MB that `--emit-limit` allows"
    assert run([*words, "-o", str(tmp_path / "out")]) == 0
    assert "00000001.onnx: left out: 5 MB of weights" in capsys.readouterr().err
    names = sorted(item.name for item in (tmp_path / "out").iterdir())
    assert names == ["00000000.arch", "00000000.onnx", "00000001.arch"]


def test_an_enormous_program_is_left_out_before_it_takes_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wide.arch"
    path.write_text(WIDE.replace("4 | 100k", "30k) -> dense(30k"))
    assert run(["sample", str(path), "--emit", "onnx", "--format", "jsonl"]) == 0
    (entry,) = lines(capsys)
    assert entry["onnx"] is None
    assert str(entry["left_out"]).startswith("3,602 MB of weights")


def test_a_full_disk_is_told_with_where_to_go_on(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    replace = Path.replace

    def full(source: Path, target: Path) -> Path:
        if target.name == "00000002.arch":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", full)
    words = ["sample", str(space), "-n", "Net", "-k", "5", "-o", str(out), "--emit", "py"]
    assert run(words) == 2
    told = capsys.readouterr().err
    assert "00000002.arch could not be written: No space left on device" in told
    assert "`--start 2` goes on" in told
    assert sorted(item.name for item in out.iterdir()) == [
        "00000000.arch", "00000000.py", "00000001.arch", "00000001.py", "00000002.py",
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_output_that_cannot_be_written_is_told(space: Path, jobs: str) -> None:
    words = ["sample", str(space), "-n", "Net", "-k", "50", "--jobs", jobs]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archc", *words], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the output could not be written: No space left on device")
    assert "`--start 0` goes on" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_nothing_is_lost_where_the_output_ends(
    space: Path, tmp_path: Path, jobs: str, unbuffered: str
) -> None:
    """A file that may not grow beyond 20,000 bytes stands for a full disk."""
    resource = pytest.importorskip("resource")
    words = ["sample", str(space), "-n", "Net", "-k", "500", "--jobs", jobs, "--format", "jsonl"]

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with (tmp_path / "out").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "archc", *words],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limited,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    written = (tmp_path / "out").read_text()
    assert len(written) == 20_000
    whole = written.count("\n")
    assert done.returncode == 2
    assert f"`--start {whole}` goes on. The last line may be cut off" in done.stderr
