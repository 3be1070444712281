"""Trainings as numbers alone: the numbers of `train`, and nothing on the disk."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.program import Program
from archc.runtime.recorder import Recorder

TEXT = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8) -> relu -> dropout(0.1) -> dense(10)
}
train N {
    data = digits()
    epochs = 3
    batch = 256
    metrics = [accuracy]
    optimizer = adamw(lr=1e-2)
}
"""


@dataclass
class Trial:
    seed: int = 3
    reports: list[Any] = field(default_factory=list)

    def report(self, step: int, value: float, name: str = "score") -> None:
        self.reports.append((step, name, value))


@pytest.fixture
def program() -> Program:
    return archc.parse(TEXT)


def test_the_numbers_are_those_of_a_training(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = archc.train(archc.compile(TEXT), device="cpu", folder=tmp_path / "run", seed=3)
    monkeypatch.chdir(tmp_path)
    trial = Trial()
    found = Recorder("N")(program, trial)
    assert found["test_loss"] == run.metrics["test"]["loss"]
    assert found["test_accuracy"] == run.metrics["test"]["accuracy"]
    assert found["seconds"] > 0
    assert trial.reports == [
        (record["epoch"], name, value)
        for record in run.history
        for name, value in record["validation"].items()
    ]
    assert [item.name for item in tmp_path.iterdir()] == ["run"], "a recording writes nothing"


def test_another_seed_gives_other_numbers_and_the_same_the_same(program: Program) -> None:
    one, same, other = Trial(), Trial(), Trial(seed=4)
    told = [Recorder("N")(program, trial)["test_loss"] for trial in (one, same, other)]
    assert told[0] == told[1] != told[2]
    assert one.reports == same.reports != other.reports


def test_what_diverges_ends_with_no_numbers(program: Program) -> None:
    trial = Trial()
    found = Recorder("N", {"optimizer": "sgd(lr=1e30)"})(program, trial)
    assert math.isnan(found["test_loss"])
    assert math.isnan(found["test_accuracy"])
    assert len(trial.reports) < 2 * 3


def test_settings_stand_over_the_block_and_are_told(program: Program) -> None:
    recorder = Recorder("N", {"epochs": "1"})
    trial = Trial()
    recorder(program, trial)
    assert {step for step, _, _ in trial.reports} == {1}
    facts = recorder.facts(program)
    assert facts["training"]["epochs"] == 1
    assert "seed" not in facts["training"]
    assert facts["data"]["checksum"] == recorder.data(recorder.plan(program)).checksum
