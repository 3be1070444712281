"""`archc compile`: every format and a folder, weights that fit or do not, nothing half done."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import archc
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from archc.cli.main import run
from archc.compiler import verify
from safetensors.torch import load_file, safe_open, save_file

PROGRAM = """\
use parts: Twice

network Small(width: int = 4) on x: f32[N, 3] -> f32[N, 2] {
    x -> Twice(width) -> head: dense(2)
}

network Tied on x: i64[N, T] -> f32[N, T, 7] {
    layer table = embedding(7, 4)
    x -> table -> dense(7, bias=false, weight=table.weight)
}
"""
PARTS = "block Twice(width: int) on x { x -> dense(width) -> relu -> dense(width) -> batchnorm }\n"
PARTS = PARTS.replace("batchnorm", "layernorm")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "parts.arch").write_text(PARTS)
    (tmp_path / "net.arch").write_text(PROGRAM)
    return tmp_path / "net.arch"


def compiled(program: Path, out: Path, *words: str, network: str = "Small") -> int:
    return run(["compile", str(program), "-o", str(out), "-n", network, *words])


def torch_of(program: Path, **values: Any) -> torch.nn.Module:
    return archc.compile(program, "Small", **values).torch(seed=7)


def outputs(path: Path, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found: np.ndarray[Any, Any] = session.run(None, {"x": x})[0]
    return found


def test_onnx_runs_and_says_that_it_is_untrained(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net.onnx"
    assert compiled(program, out, "--opset", "18") == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"wrote {out} (")
    assert "untrained: initialised with seed 0" in said.err
    model = onnx.load(out)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["archc.trained"] == "false"
    assert facts["archc.hash"] == archc.compile(program, "Small").hash
    assert model.opset_import[0].version == 18
    x = np.ones((5, 3), np.float32)
    expected = archc.compile(program, "Small").torch()(torch.ones(5, 3))
    np.testing.assert_allclose(outputs(out, x), expected.detach().numpy(), atol=1e-6)


def test_source_needs_torch_alone_and_loads_the_weights(program: Path, tmp_path: Path) -> None:
    module = torch_of(program)
    torch.save(module.state_dict(), tmp_path / "w.pt")
    out = tmp_path / "out.py"
    assert compiled(program, out, "--weights", str(tmp_path / "w.pt")) == 0
    done = subprocess.run(
        [sys.executable, "-I", str(out), str(tmp_path / "w.pt")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "2)" in done.stdout
    assert "archc" not in [
        line.split()[1].split(".")[0]
        for line in out.read_text().splitlines()
        if line.startswith(("import", "from"))
    ]


def test_a_folder_holds_everything_and_a_manifest(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "trained.safetensors"
    module = torch_of(program, width=5)
    save_file(module.state_dict(), weights, {"archc.labels": '["no", "yes"]', "note": "mine"})
    out = tmp_path / "all"
    words = ["--set", "width=5", "--weights", str(weights), "--verify"]
    assert compiled(program, out, *words) == 0
    table = capsys.readouterr().out
    assert "onnx    eval" in table
    assert "pt2     eval" in table
    assert "DIFFERS" not in table
    manifest = json.loads((out / "manifest.json").read_text())
    listed = set(manifest["files"])
    assert listed == {path.name for path in out.iterdir()} - {"manifest.json"}
    assert {"model.onnx", "model.py", "model.pt2", "weights.safetensors"} < listed
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == facts["sha256"]
    assert manifest["schema_version"] == 1
    assert manifest["trained"] is True
    assert manifest["hyperparameters"] == {"width": "5"}
    assert manifest["program"] == PROGRAM
    assert manifest["hash"] == archc.compile(program, "Small", width=5).hash
    assert manifest["inputs"] == [{"name": "x", "dtype": "f32", "shape": ["N", 3]}]
    assert manifest["metadata"]["archc.labels"] == ["no", "yes"]
    assert all(entry["ok"] for entry in manifest["verified"])
    # What lies there can be compiled again, and is the same network.
    assert archc.compile(out / "net.arch", "Small", width=5).hash == manifest["hash"]
    stored = load_file(out / "weights.safetensors")
    assert all(torch.equal(stored[name], value) for name, value in module.state_dict().items())
    metadata = {entry.key: entry.value for entry in onnx.load(out / "model.onnx").metadata_props}
    assert metadata["archc.labels"] == '["no", "yes"]'
    assert metadata["archc.trained"] == "true"
    x = torch.randn(4, 3)
    extra = {"archc.json": ""}
    exported = torch.export.load(out / "model.pt2", extra_files=extra).module()
    assert json.loads(extra["archc.json"])["archc.trained"] == "true"
    assert manifest["left_out"] == {}
    torch.testing.assert_close(exported(x), module.eval()(x))


def test_a_folder_is_written_again_but_a_strange_one_is_not(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all"
    assert compiled(program, out) == 0
    first = (out / "manifest.json").read_text()
    with safe_open(out / "weights.safetensors", framework="pt") as file:
        assert file.metadata()["archc.trained"] == "false"
    # Untrained weights stay untrained, whoever hands them in.
    assert compiled(program, out, "--weights", str(out)) == 0
    assert json.loads((out / "manifest.json").read_text())["trained"] is False
    assert compiled(program, out, "--set", "width=8") == 0
    assert (out / "manifest.json").read_text() != first
    strange = tmp_path / "photos"
    strange.mkdir()
    (strange / "cat.jpg").write_text("cat")
    capsys.readouterr()
    assert compiled(program, strange) == 1
    assert "would be lost" in capsys.readouterr().err
    assert [path.name for path in strange.iterdir()] == ["cat.jpg"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_weights_that_do_not_fit_are_named(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = torch_of(program).state_dict()
    state["hed.weight"] = state.pop("head.weight")
    state["head.bias"] = torch.zeros(3)
    state["Twice.dense.bias"] = state["Twice.dense.bias"].double()
    torch.save(state, tmp_path / "w.pt")
    out = tmp_path / "net.onnx"
    assert compiled(program, out, "--weights", str(tmp_path / "w.pt")) == 1
    said = capsys.readouterr().err
    assert "do not fit Small" in said
    assert "hed.weight is not in the network" in said
    assert "head.weight [2, 4] is missing; there is hed.weight" in said
    assert "head.bias is [2] in the network, [3] in the file" in said
    assert "Twice.dense.bias is float32 in the network, float64 in the file" in said
    assert not out.exists()


@pytest.mark.parametrize("kind", ["text", "pickle", "cut", "empty", "list"])
def test_files_that_hold_no_weights(
    kind: str, program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w.bin"
    match kind:
        case "text":
            path.write_text("these are no weights")
        case "pickle":
            torch.save(torch.nn.Linear(3, 4), path)
        case "cut":
            save_file(torch_of(program).state_dict(), path)
            path.write_bytes(path.read_bytes()[:-10])
        case "empty":
            path.write_bytes(b"")
        case _:
            torch.save([torch.zeros(3)], path)
    assert compiled(program, tmp_path / "net.onnx", "--weights", str(path)) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert str(path) in said
    assert "help: " in said


@pytest.mark.parametrize("wrap", ["plain", "checkpoint", "compiled"])
def test_state_dicts_as_they_are_found(wrap: str, program: Path, tmp_path: Path) -> None:
    state = torch_of(program).state_dict()
    saved: dict[str, Any] = dict(state)
    if wrap == "checkpoint":
        saved = {"epoch": 3, "state_dict": saved}
    if wrap == "compiled":
        saved = {f"_orig_mod.{name}": value for name, value in state.items()}
    torch.save(saved, tmp_path / "w.pt")
    out = tmp_path / "net.onnx"
    assert compiled(program, out, "--weights", str(tmp_path / "w.pt")) == 0
    x = torch.randn(4, 3)
    expected = torch_of(program)(x).detach().numpy()
    np.testing.assert_allclose(outputs(out, x.numpy()), expected, atol=1e-6)


def test_tied_weights_stand_once_or_twice(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = archc.compile(program, "Tied").torch().state_dict()
    both = {name: value.clone() for name, value in state.items()}
    assert len(both) == 2
    once = {"table.weight": both["table.weight"]}
    differing = {**both, "dense.weight": both["dense.weight"] + 1}
    for name, tensors, status in (("2", both, 0), ("1", once, 0), ("x", differing, 1)):
        path = tmp_path / f"{name}.safetensors"
        save_file(tensors, path)
        out = tmp_path / f"{name}.onnx"
        assert compiled(program, out, "--weights", str(path), network="Tied") == status
    assert "dense.weight is tied to table.weight, and differs" in capsys.readouterr().err


def test_results_that_differ_are_not_written(
    program: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def worse(*_: object, **__: object) -> verify.VerifyReport:
        return verify.VerifyReport((verify.Comparison("onnx", "eval", {"N": 2}, 3.0, 1e-3),))

    monkeypatch.setattr(verify, "verify", worse)
    out = tmp_path / "net.onnx"
    assert compiled(program, out, "--verify") == 1
    said = capsys.readouterr()
    assert "1.0e-03     DIFFERS" in said.out
    assert "nothing was written" in said.err
    assert not out.exists()


def test_json_lists_the_files(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net.onnx"
    assert compiled(program, out, "--json", "--verify") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema_version"] == 1
    assert answer["trained"] is False
    (file,) = answer["files"]
    assert file["path"] == str(out)
    assert file["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert {entry["backend"] for entry in answer["verified"]} == {"python", "onnx"}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["-o", "net.onxx"], 2, "ends in none of .onnx, .py, .pt2"),
        (["-o", "net.onnx", "-n", "Smal"], 1, "no network `Smal`"),
        (["-o", "net.onnx"], 1, "2 networks"),
        (["-o", "net.onnx", "-n", "Small", "--opset", "9"], 2, "17<=x<=23"),
        (["-o", "net.onnx", "-n", "Small", "--set", "width=0"], 1, "at least 1"),
        (["-o", "net.onnx", "-n", "Small", "--weights", "none.pt"], 2, "does not exist"),
    ],
)
def test_wrong_calls(
    words: list[str],
    status: int,
    said: str,
    program: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(program.parent)
    assert run(["compile", program.name, *words]) == status
    assert said in capsys.readouterr().err
    assert not Path("net.onnx").exists()


def test_open_choices_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "space.arch"
    path.write_text(
        "network Open on x: f32[N, 3] -> f32[N, 2] {\n"
        "    x -> dense(8 | 16) -> (relu | gelu) -> dense(2)\n}\n"
    )
    assert run(["compile", str(path), "-o", str(tmp_path / "a.onnx")]) == 1
    said = capsys.readouterr().err
    assert "8 | 16" in said
    assert "relu | gelu" in said
    assert not (tmp_path / "a.onnx").exists()


def test_what_torch_export_cannot_say_is_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cell.arch"
    path.write_text(
        "use std.recurrent: Minimal\n"
        "network Cell on x: f32[N, T, 3] -> f32[N, T, 4] { x -> scan(Minimal(4)) }\n"
    )
    out = tmp_path / "all"
    assert run(["compile", str(path), "-o", str(out), "--verify"]) == 0
    said = capsys.readouterr()
    assert "left out: model.pt2" in said.err
    assert "pt2" not in said.out
    manifest = json.loads((out / "manifest.json").read_text())
    assert "--set T=128" in manifest["left_out"]["model.pt2"]
    assert "model.onnx" in manifest["files"]
    assert run(["compile", str(path), "-o", str(tmp_path / "a.pt2")]) == 1
    said = capsys.readouterr()
    assert "--set T=128" in said.err
    assert not (tmp_path / "a.pt2").exists()
    assert run(["compile", str(path), "-o", str(tmp_path / "a.pt2"), "--set", "T=3"]) == 0


@pytest.mark.parametrize("name", ["net.py", "net.onnx"])
def test_a_full_disk_leaves_what_was_there(
    name: str,
    program: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / name
    out.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert compiled(program, out) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert out.read_text() == "before"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
