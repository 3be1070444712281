"""Training as a whole: what a run leaves, that it repeats, goes on after any end, and refuses what
cannot fit.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from archc.compiler.check import check_text
from archc.grammar.diagnostic import ProgramError
from archc.runtime import files, loop
from archc.runtime.data import Dataset
from archc.runtime.errors import CheckpointError, DataError, DeviceError
from archc.runtime.files import WriteError, checksum
from archc.runtime.fitting import read_weights
from archc.runtime.loop import Diverged
from archc.runtime.plan import make_plan
from archc.runtime.train import Options, train
from archc.runtime.weights import transform_in

Make = Callable[..., Any]
LIVE = """
import sys, torch
torch.set_num_threads(1)
from archc.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


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


class Killed(BaseException):
    """Stands for a kill at this very moment."""


@pytest.mark.parametrize(
    ("step", "optimizer"),
    [(0, "adamw"), (5, "adamw(lr=1e-2)"), (11, "lamb"), (8, "momentum"), (6, "lion")],
)
def test_going_on_gives_the_same_bits(
    make: Make, tmp_path: Path, step: int, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints in the middle of epochs, augmentations, dropout, accumulation, a plateau."""
    setup = make(
        augment="[shift, noise]", optimizer=optimizer, accumulate="2", batch="16", clip="1.0",
        schedule="plateau(patience=0)", checkpoint="1e-9", keep="best", epochs="2",
    )  # fmt: skip
    monkeypatch.setattr(loop, "TICK", 0.0)
    whole = setup.run(tmp_path / "whole")
    original = loop.Loop._step
    taken = 0

    def dying(self: loop.Loop, batches: Any) -> None:
        nonlocal taken
        if taken == step:
            raise Killed
        taken += 1
        original(self, batches)

    monkeypatch.setattr(loop.Loop, "_step", dying)
    with pytest.raises(Killed):
        setup.run(tmp_path / "part")
    monkeypatch.setattr(loop.Loop, "_step", original)
    resumed = setup.run(tmp_path / "part", resume=True)
    assert same(whole.path, resumed.path)
    assert [record["train"] for record in whole.history] == [r["train"] for r in resumed.history]
    assert whole.metrics == resumed.metrics


@pytest.mark.slow
def test_kill_nine_at_any_moment(make: Make, tmp_path: Path) -> None:
    """Real processes, really killed; the rest is done in one go."""
    program = tmp_path / "net.arch"
    few = "digits(test=0.7, validation=0.1)"
    text = make(data=few, epochs="6", checkpoint="1e-4", batch="8").text
    program.write_text(text)
    words = [sys.executable, "-c", LIVE, "train", str(program), "--device", "cpu", "-o"]
    done = subprocess.run([*words, str(tmp_path / "whole")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    chance = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(
            [*words, str(tmp_path / "part"), "--resume"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch"):
                break
        time.sleep(chance.random() * 0.5)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = subprocess.run(
        [*words, str(tmp_path / "part"), "--resume", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert same(tmp_path / "whole", tmp_path / "part")
    answer = json.loads(done.stdout.splitlines()[-1])
    assert {"schema_version", "run", "metrics", "epochs", "seconds", "device"} <= set(answer)
    assert set(answer["metrics"]) == {"train", "validation", "test"}


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_being_asked_to_stop_saves_and_says_how_to_go_on(
    make: Make, tmp_path: Path, kind: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = make()
    whole = setup.run(tmp_path / "whole")
    original = loop.Loop._step
    taken = 0

    def stopping(self: loop.Loop, batches: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == 9:
            os.kill(os.getpid(), kind)
        original(self, batches)

    monkeypatch.setattr(loop.Loop, "_step", stopping)
    before = signal.getsignal(kind)
    with pytest.raises(KeyboardInterrupt):
        setup.run(tmp_path / "part")
    assert signal.getsignal(kind) is before
    assert taken == 9
    resumed = setup.run(tmp_path / "part", resume=True)
    assert same(whole.path, resumed.path)


def test_a_damaged_checkpoint_is_passed_over(make: Make, tmp_path: Path) -> None:
    setup = make()
    whole = setup.run(tmp_path / "run")
    (whole.path / "result.json").unlink()
    before = checksum(whole.path / "weights.safetensors")
    newest = max((whole.path / "checkpoints").glob("*.safetensors"))
    content = bytearray(newest.read_bytes())
    content[-5] ^= 64
    newest.write_bytes(content)
    said: list[str] = []

    class Ears(loop.Progress):
        def say(self, text: str) -> None:
            said.append(text)

    options = Options(folder=whole.path, device="cpu", program=setup.text, resume=True)
    train(setup.graph, setup.plan, options, data=setup.data, progress=Ears())
    assert any("damaged" in line and "the one before" in line for line in said)
    assert checksum(whole.path / "weights.safetensors") == before


def test_a_finished_run_is_not_trained_again(make: Make, tmp_path: Path) -> None:
    setup = make(epochs="1")
    run = setup.run(tmp_path / "run")
    again = setup.run(tmp_path / "run", resume=True)
    assert again.metrics == run.metrics and again.seconds == pytest.approx(run.seconds, abs=1e-3)
    for name, value in run.module.state_dict().items():
        assert torch.equal(value, again.module.state_dict()[name])


def test_a_folder_is_not_overwritten_nor_resumed_by_another_program(
    make: Make, tmp_path: Path
) -> None:
    make(epochs="1").run(tmp_path / "run")
    with pytest.raises(CheckpointError, match="holds a run already"):
        make(epochs="1").run(tmp_path / "run")
    with pytest.raises(CheckpointError, match="another program"):
        make(epochs="2").run(tmp_path / "run", resume=True)


def test_a_loss_that_explodes_stops_and_keeps_the_last_good_checkpoint(
    make: Make, tmp_path: Path
) -> None:
    setup = make(optimizer="sgd(lr=1e-3)", schedule="linear(warmup=0.1)", epochs="5")
    original = loop.Loop._step

    def exploding(self: loop.Loop, batches: Any) -> None:
        original(self, batches)
        if self.standing.epoch == 2:
            with torch.no_grad():
                self.weights[0].fill_(float("nan"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.Loop, "_step", exploding)
        with pytest.raises(Diverged, match=r"nan in epoch 3.*last good checkpoint") as caught:
            setup.run(tmp_path / "run")
    assert "--set train.optimizer.lr" in caught.value.help
    resumed = setup.run(tmp_path / "run", resume=True)
    assert same(resumed.path, setup.run(tmp_path / "calm").path)


def test_a_full_disk_stops_the_training_and_it_goes_on(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = make()
    written = 0
    original = files._write_all

    def full(file: Any, chunks: Any, update: Any) -> None:
        nonlocal written
        written += 1
        if written == 8:  # the tensors of the second checkpoint
            raise OSError(28, "No space left on device")
        original(file, chunks, update)

    monkeypatch.setattr(files, "_write_all", full)
    with pytest.raises(WriteError, match="No space left"):
        setup.run(tmp_path / "run")
    resumed = setup.run(tmp_path / "run", resume=True)
    assert same(resumed.path, setup.run(tmp_path / "other").path)


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


def test_bf16_and_compile_do_not_change_what_is_learned(make: Make, tmp_path: Path) -> None:
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
