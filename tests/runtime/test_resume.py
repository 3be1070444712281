"""Trainings that end before their time, in any way, and go on with the same bits."""

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
from archc.runtime import files, loop
from archc.runtime.errors import CheckpointError
from archc.runtime.files import WriteError, checksum
from archc.runtime.loop import Diverged
from archc.runtime.train import Options, train

Make = Callable[..., Any]
LIVE = """
import sys, torch
torch.set_num_threads(1)
from archc.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def same(first: Path, second: Path) -> bool:
    return checksum(first / "weights.safetensors") == checksum(second / "weights.safetensors")


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
