"""`archc compile -O`: smaller graphs in every format, which compute the same."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from archc.cli.main import run
from archc.compiler import verify as verifying
from archc.compiler.backends import torch as torch_backend
from archc.compiler.check import check_text
from safetensors.torch import load_file, save_file

PROGRAM = """\
block Unit(width: int) on x: f32[N, C, H, W] {
    x -> conv(width, 3, bias=false) -> batchnorm -> relu -> dropout(0.1)
}

network Net on x: f32[N, 3, H, W] -> f32[N, 5] {
    x -> repeat(2) { Unit(8) } -> mean(axes=[2, 3]) -> dense(5)
}
"""


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """The program beside weights whose running statistics have moved."""
    (tmp_path / "net.arch").write_text(PROGRAM)
    module = torch_backend.build(check_text(PROGRAM).graph(), seed=3)
    module.train()
    for _ in range(3):
        module(torch.randn(4, 3, 6, 6) * 2 + 1)
    save_file(module.state_dict(), tmp_path / "w.safetensors")
    return tmp_path


def compiled(folder: Path, *words: str) -> int:
    weights = str(folder / "w.safetensors")
    return run(["compile", str(folder / "net.arch"), "--weights", weights, *words])


def expected(folder: Path, x: torch.Tensor) -> np.ndarray:
    module = torch_backend.build(check_text(PROGRAM).graph())
    module.load_state_dict(load_file(folder / "w.safetensors"))
    with torch.no_grad():
        found: np.ndarray = module.eval()(x).numpy()
    return found


def test_onnx_has_convolutions_alone(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = trained / "net.onnx"
    assert compiled(trained, "-O", "-o", str(out)) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"wrote {out} (")
    assert "IdentityRemoval: 10 layers -> 8\nBatchnormFolding: 8 layers -> 6\n" in said.err
    model = onnx.load(out)
    assert [node.op_type for node in model.graph.node] == [
        "Conv", "Relu", "Conv", "Relu", "ReduceMean", "Gemm",
    ]  # fmt: skip
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["archc.optimised"] == "true"
    assert facts["archc.trained"] == "true"
    x = torch.randn(2, 3, 7, 5)
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x.numpy()})
    np.testing.assert_allclose(found, expected(trained, x), atol=1e-5)


def test_a_folder_is_compared_with_the_network_as_written(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = trained / "all"
    assert compiled(trained, "--optimize", "--verify", "--json", "-o", f"{out}/") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["optimised"] == [
        {"pass": "IdentityRemoval", "before": 10, "after": 8},
        {"pass": "BatchnormFolding", "before": 8, "after": 6},
    ]
    rows = [item for item in answer["verified"] if item["backend"] == "optimised"]
    assert len(rows) == 3
    assert all(item["ok"] and item["mode"] == "eval" for item in rows)
    assert {item["backend"] for item in answer["verified"]} == {
        "optimised", "python", "onnx", "pt2",
    }  # fmt: skip
    weights = load_file(out / "weights.safetensors")
    assert not any("batchnorm" in name for name in weights)
    x = torch.randn(2, 3, 7, 5)
    found = torch.export.load(out / "model.pt2").module()(x)
    np.testing.assert_allclose(found.detach().numpy(), expected(trained, x), atol=1e-5)


def test_without_the_option_nothing_is_optimised(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compiled(trained, "--json", "-o", str(trained / "net.onnx")) == 0
    assert json.loads(capsys.readouterr().out)["optimised"] is None
    model = onnx.load(trained / "net.onnx")
    assert "BatchNormalization" in [node.op_type for node in model.graph.node]
    assert "archc.optimised" not in {entry.key for entry in model.metadata_props}


def test_weights_that_were_optimised_do_not_fit_the_program(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = trained / "all"
    assert compiled(trained, "-O", "-o", f"{out}/") == 0
    capsys.readouterr()
    words = ["--weights", str(out), "-o", str(trained / "again.onnx")]
    assert run(["compile", str(trained / "net.arch"), *words]) == 1
    said = capsys.readouterr().err
    assert "archc compile -O" in said
    assert not (trained / "again.onnx").exists()


def test_a_difference_is_reported_and_nothing_written(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tolerances of nothing: folding rounds otherwise."""
    monkeypatch.setattr(verifying, "TOLERANCES", {})
    out = trained / "net.py"
    assert compiled(trained, "-O", "--verify", "-o", str(out)) == 1
    said = capsys.readouterr()
    assert "optimised  eval" in said.out
    assert "DIFFERS" in said.out
    assert "nothing was written" in said.err
    assert not out.exists()


def test_a_network_with_nothing_to_do_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.arch").write_text("network Net on x: f32[N, 3] -> f32[N, 2] { x -> dense(2) }")
    assert run(["compile", str(tmp_path / "net.arch"), "-O", "-o", str(tmp_path / "net.py")]) == 0
    assert "nothing to optimise" in capsys.readouterr().err
