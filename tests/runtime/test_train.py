"""Training as a whole: what a run leaves, that it repeats, goes on after any end, and refuses what
cannot fit.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from archc.compiler.check import check_text
from archc.grammar.diagnostic import ProgramError
from archc.runtime import loop
from archc.runtime.data import Dataset
from archc.runtime.errors import DataError, DeviceError
from archc.runtime.files import checksum
from archc.runtime.fitting import read_weights
from archc.runtime.plan import make_plan
from archc.runtime.train import Options, train
from archc.runtime.weights import transform_in

Make = Callable[..., Any]


def same(first: Path, second: Path) -> bool:
    return checksum(first / "weights.safetensors") == checksum(second / "weights.safetensors")


def test_a_run_leaves_all_that_is_promised(make: Make, tmp_path: Path) -> None:
    setup = make()
    before = torch.get_rng_state()
    run = setup.run(tmp_path / "run")
    assert torch.equal(torch.get_rng_state(), before)
    assert {path.name for path in run.path.iterdir()} == {
        "program.arch", "settings.json", "environment.json", "metrics.jsonl", "checkpoints",
        "weights.safetensors", "curves.png", "result.json",
    }  # fmt: skip
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["epoch"] for record in records] == [1, 2, 3]
    assert set(records[0]) == {"epoch", "train", "validation", "lr", "seconds"}
    assert records[-1]["train"]["loss"] < records[0]["train"]["loss"]
    assert run.metrics["train"] == records[-1]["train"]
    assert set(run.metrics["test"]) == {"loss", "accuracy"}
    assert run.metrics["test"]["accuracy"] > 0.5
    result = json.loads((run.path / "result.json").read_text())
    assert result["weights_sha256"] == checksum(run.path / "weights.safetensors")
    assert result["data_sha256"] == setup.data.checksum
    settings = json.loads((run.path / "settings.json").read_text())
    assert settings["loss"] == ["cross_entropy()"] and settings["dataset"]["classes"] == 10
    weights = read_weights(run.path / "weights.safetensors")
    assert transform_in(weights.metadata) == setup.data.transform
    assert (run.path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_seeds_make_a_run_repeatable_bit_for_bit(make: Make, tmp_path: Path) -> None:
    settings = {"augment": "[shift, noise, mixup]", "epochs": "2"}
    make(**settings).run(tmp_path / "a")
    torch.rand(3)
    make(**settings).run(tmp_path / "b")
    make(**settings, seed="1").run(tmp_path / "c")
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "c")


def test_the_best_weights_are_kept_when_asked(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = make(epochs="2", schedule="constant").run(tmp_path / "two")
    losses = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(loop, "evaluate", lambda *_: {"loss": next(losses)})
    run = make(epochs="3", schedule="constant", keep="best").run(tmp_path / "run")
    assert run.metrics["validation"] == {"loss": 1.0}
    for name, value in wanted.module.state_dict().items():
        assert torch.equal(value, run.module.state_dict()[name])


def test_frozen_weights_stay(make: Make, tmp_path: Path) -> None:
    setup = make(freeze='["conv.*"]', epochs="1")
    run = setup.run(tmp_path / "run")
    other = make(freeze='["conv.*"]', epochs="2").run(tmp_path / "other")
    first, second = run.module.state_dict(), other.module.state_dict()
    assert torch.equal(first["conv.weight"], second["conv.weight"])
    assert not torch.equal(first["dense.weight"], second["dense.weight"])


REFUSALS = [
    ("image: f32[N, 3, 8, 8] -> f32[N, 10]", "image -> flatten -> dense(10)", "do not fit the inp"),
    ("image: f32[N, 64] -> f32[N, 10]", "image -> dense(10)", "do not fit the input"),
    ("x: i64[N, 1, 8, 8] -> f32[N, 1, 8, 8]", "x -> cast(f32)", "it wants i64"),
    ("image: f32[N, 1, 8, 8] -> f32[N, 9]", "image -> flatten -> dense(9)", "tells 9 classes"),
    ("image: f32[N, 1, 8, 8] -> f32[N, 1, 8, 10]", "image -> dense(10)", "the classes are"),
]


@pytest.mark.parametrize(("ports", "body", "reason"), REFUSALS)
def test_data_that_do_not_fit_show_the_signature_to_write(
    make: Make, tmp_path: Path, ports: str, body: str, reason: str
) -> None:
    setup = make(f"network Net on {ports} {{ {body} }}")
    with pytest.raises(DataError, match=reason) as caught:
        setup.run(tmp_path / "run")
    assert "image: f32[N, 1, 8, 8] -> f32[N, 10]" in caught.value.help
    assert not (tmp_path / "run").exists()


def test_what_the_data_refuse_points_at_the_program(tmp_path: Path) -> None:
    text = "network Net on x: f32[N, 1, 8, 8] -> f32[N, 10] { x -> flatten -> dense(10) }\n"
    checked = check_text(text + "train Net { data = digits(test=3.0) }")
    with pytest.raises(ProgramError) as caught:
        train(checked.graph(), make_plan(checked, checked.graph()), Options(folder=tmp_path / "r"))
    (report,) = caught.value.diagnostics
    assert report.code == "E443" and report.place().text == "3.0"


def test_a_device_that_is_not_there_is_refused(make: Make, tmp_path: Path) -> None:
    if torch.backends.mps.is_available():
        pytest.skip("gpu: this machine has Metal")
    setup = make()
    with pytest.raises(DeviceError, match="mps was asked for"):
        train(setup.graph, setup.plan, Options(folder=tmp_path / "run", device="mps"))


TASKS = [
    (
        "x: f32[N, 2] -> f32[N, 2] { x -> dense(16) -> tanh -> dense(2) }",
        'synthetic(task="spirals", n=200)', "[accuracy, auc, f1]", "",
    ),
    (
        "x: f32[N, 2] -> f32[N, 1] { x -> dense(16) -> tanh -> dense(1) }",
        'synthetic(task="spirals", n=200)', "[accuracy, auc]", "binary_cross_entropy",
    ),
    (
        "text: i64[N, T] -> f32[N, T, 128] { text -> embedding(128, 8) -> dense(128) }",
        "text(length=2000)", "[bits_per_char, perplexity, top5]", "",
    ),
    (
        "image: f32[N, 1, 8, 8] -> logits: f32[N, 10], again: f32[N, 64] {\n"
        "code = image -> flatten -> dense(12) -> relu\n (code -> dense(10), code -> dense(64)) }",
        "digits()", "[accuracy(of=logits), mse(of=again, target=image)]",
        "[cross_entropy(0.1, of=logits), huber(of=again, target=image) * 0.5]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("network", "data", "metrics", "loss"), TASKS)
def test_tasks_of_all_kinds(
    make: Make, tmp_path: Path, network: str, data: str, metrics: str, loss: str
) -> None:
    settings = {"data": data, "metrics": metrics, "epochs": "3", "batch": "16"}
    setup = make(f"network Net on {network}", **settings, **({"loss": loss} if loss else {}))
    run = setup.run(tmp_path / "run")
    assert run.history[-1]["train"]["loss"] < run.history[0]["train"]["loss"]
    for value in run.metrics["test"].values():
        assert value is not None


def test_bf16_learns_as_well(make: Make, tmp_path: Path) -> None:
    run = make(precision="bf16").run(tmp_path / "bf16")
    assert run.metrics["test"]["accuracy"] > 0.5
    assert next(run.module.parameters()).dtype == torch.float32


def test_streamed_data_train_as_resident_ones(make: Make, tmp_path: Path) -> None:
    setup = make(epochs="2")

    class OnDisk:
        """An array that must be asked for its rows."""

        def __init__(self, values: Any) -> None:
            self.values = values
            self.shape, self.dtype = values.shape, values.dtype

        def __len__(self) -> int:
            return len(self.values)

        def __getitem__(self, rows: Any) -> Any:
            return self.values[rows]

    split = setup.data.train
    inputs = {name: OnDisk(column) for name, column in split.inputs.items()}
    streamed = type(split)(inputs, split.targets)
    data = Dataset(
        setup.data.source,
        {**setup.data.splits, "train": streamed},
        setup.data.transform,
        setup.data.checksum,
    )
    assert not data.train.in_memory
    whole = setup.run(tmp_path / "a")
    options = Options(folder=tmp_path / "b", device="cpu", program=setup.text)
    other = train(setup.graph, setup.plan, options, data=data)
    assert same(whole.path, other.path)
