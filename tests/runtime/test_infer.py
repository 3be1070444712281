"""From a run to answers: `archc run` and `archc eval`, in PyTorch and ONNX Runtime."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from archc.cli.main import run as archc
from archc.compiler.backends import onnx as onnx_backend
from archc.runtime.answers import Reader
from archc.runtime.data.digits import read_scans
from archc.runtime.data.transform import Target, Transform
from archc.runtime.errors import DataError, DeviceError
from archc.runtime.fitting import read_weights
from archc.runtime.infer import load_predictor

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, the same network as ONNX, and a few raw scans, in one folder."""
    folder = tmp_path_factory.mktemp("trained")
    torch.set_num_threads(1)
    setup = make()
    run = setup.run(folder / "run")
    weights = read_weights(run.path / "weights.safetensors")
    metadata = {key: text for key, text in weights.metadata.items() if key != "format"}
    model = onnx_backend.export(setup.graph, weights.tensors, metadata=metadata)
    onnx_backend.save(model, folder / "net.onnx")
    (folder / "net.arch").write_text(setup.text)
    scans = read_scans()[:9]
    pixels = scans[:, :64].reshape(-1, 1, 8, 8)
    np.savez(folder / "scans.npz", image=pixels)
    np.savez(folder / "answered.npz", image=pixels, target=scans[:, 64])
    np.save(folder / "scans.npy", pixels)
    np.save(folder / "wrong.npy", np.zeros((4, 3, 5), dtype=np.uint8))
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_ways_give_the_same_answers(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = ["--weights", str(trained / "run" / "weights.safetensors")]
    ways = {
        "run": [str(trained / "run"), str(trained / "scans.npz")],
        "onnx": [str(trained / "net.onnx"), str(trained / "scans.npy")],
        "arch": [str(trained / "net.arch"), str(trained / "scans.npy"), *weights],
    }
    found = {}
    for name, words in ways.items():
        out = tmp_path / f"{name}.csv"
        status = archc(["run", *words, "-o", str(out), "--device", "cpu", "--batch", "4"])
        said = capsys.readouterr()
        assert status == 0, said.err
        assert "running on cpu" in said.err and said.out.startswith("9 rows")
        found[name] = rows_of(out)
    labels = [row["label"] for row in found["run"]]
    assert sum(a == str(b) for a, b in zip(labels, read_scans()[:9, 64], strict=True)) >= 5
    for rows in found.values():
        assert [row["label"] for row in rows] == labels
        for row, first in zip(rows, found["run"], strict=True):
            assert float(row["probability"]) == pytest.approx(float(first["probability"]), abs=1e-5)
            assert sum(float(row[f"p({digit})"]) for digit in range(10)) == pytest.approx(1)


def test_other_forms_of_answers(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", str(trained / "net.onnx"), str(trained / "scans.npz"), "--device", "cpu"]
    assert archc(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9 and len(lines[0].split("\t")) == 3
    for ending in ("json", "jsonl", "npz"):
        assert archc([*words, "-o", str(tmp_path / f"a.{ending}"), "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["rows"], answer["device"]) == (9, "cpu")
    whole = json.loads((tmp_path / "a.json").read_text())
    by_line = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    arrays = np.load(tmp_path / "a.npz", allow_pickle=False)
    assert whole == by_line
    assert [row["label"] for row in whole] == arrays["label"].tolist()
    assert arrays["output"].shape == (9, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.jsonl", "a.npz"]


def test_eval_measures_splits_and_files(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def metrics(*words: str) -> dict[str, Any]:
        status = archc(["eval", *words, "--device", "cpu", "--json"])
        said = capsys.readouterr()
        assert status == 0, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    result = json.loads((trained / "run" / "result.json").read_text())
    assert metrics(str(trained / "run"))["metrics"]["accuracy"] > 0.5
    weights = str(trained / "run" / "weights.safetensors")
    by_file = metrics(str(trained / "net.arch"), "--weights", weights, "--data", "validation")
    assert by_file["metrics"] == pytest.approx(result["metrics"]["validation"], abs=1e-6)
    answered = metrics(str(trained / "run"), "--data", str(trained / "answered.npz"))
    assert answered["rows"] == 9 and 0 <= answered["metrics"]["accuracy"] <= 1


MISTAKES = [
    (["run", "net.onnx", "wrong.npy"], 1, "images have the shape"),
    (["run", "run", "wrong.npy", "-o", "x.txt"], 1, "not written"),
    (["run", "net.arch", "scans.npy"], 1, "its weights are not said"),
    (["run", "scans.npy", "scans.npy"], 1, ""),
    (["run", "net.onnx", "scans.npy", "--json"], 2, "-o OUTPUT"),
    (["eval", "run", "--data", "nothing.csv"], 1, "there is no file"),
    (["eval", "net.arch"], 1, "its weights are not said"),
]


@pytest.mark.parametrize(("words", "status", "reason"), MISTAKES)
def test_mistakes_are_explained(
    trained: Path,
    words: list[str],
    status: int,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(trained)
    assert archc([*words, "--device", "cpu"]) == status
    said = capsys.readouterr().err
    assert "error" in said and reason in said


def test_cuda_that_does_not_run_is_no_cuda(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # ONNX Runtime lists CUDA wherever it was built with it, and falls back without a word.
    class Fallen:
        def __init__(self, *_: Any, **__: Any) -> None:
            return

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Fallen)
    with pytest.raises(DeviceError, match="runs on the CPU instead"):
        load_predictor(trained / "net.onnx", "cuda")


@pytest.mark.gpu
def test_cuda_really_runs(trained: Path) -> None:
    assert load_predictor(trained / "run", "cuda").device.startswith("cuda")


def test_a_model_of_strangers_takes_arrays_as_they_are(make: Make, tmp_path: Path) -> None:
    setup = make()
    run = setup.run(tmp_path / "run")
    model = onnx_backend.export(setup.graph, run.module.state_dict())
    onnx_backend.save(model, tmp_path / "net.onnx")
    predictor = load_predictor(tmp_path / "net.onnx", "cpu")
    assert predictor.transform is None
    x = np.random.default_rng(0).normal(size=(3, 1, 8, 8)).astype(np.float32)
    found = predictor.predict({"whatever": x})["output"]
    with torch.no_grad():
        wanted = run.module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    with pytest.raises(DataError, match="refuses its input"):
        predictor.predict({"image": x.astype(np.float64)})


def test_sequences_and_numbers_are_read() -> None:
    regression = Reader(Transform({}, Target("price", "regression")), ["output"])
    assert list(regression.rows(["0"], {"output": np.array([[2.5]])})) == [
        {"row": "0", "price": 2.5}
    ]
    binary = Reader(Transform({}, Target("kind", "classification", 2, ("no", "yes"))), ["output"])
    (row,) = binary.rows(["0"], {"output": np.array([[3.0]])})
    assert row["label"] == "yes" and row["probability"] == pytest.approx(1 / (1 + np.exp(-3)))
