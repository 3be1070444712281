"""Trainings as evaluations: parts that go on, what they depend on, and what they never read."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.program import Program
from archc.runtime import fitness as fitnesses
from archc.runtime import train as training
from archc.runtime.data.part import part_of
from archc.runtime.errors import DataError
from archc.runtime.fitness import Fitness, Timed
from archc.runtime.loop import Loop
from safetensors.torch import load_file

TEXT = """
network N on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8) -> relu -> dropout(0.1) -> dense(10)
}
train N { data = digits(), epochs = 4, batch = 256, optimizer = adamw(lr=1e-2) }
"""


@dataclass
class Trial:
    directory: Path
    fidelity: dict[str, float] = field(default_factory=dict)
    seed: int = 3
    reports: list[Any] = field(default_factory=list)
    salvaged: bool = False

    def report(self, step: int, value: float, name: str = "score") -> None:
        self.reports.append((step, name, value))


@pytest.fixture
def program() -> Program:
    return archc.parse(TEXT)


@pytest.fixture
def fit() -> Fitness:
    return Fitness("N")


def weights(folder: Path) -> dict[str, list[float]]:
    newest = sorted((folder / "run/checkpoints").glob("*.safetensors"))[-1]
    tensors = load_file(newest)
    return {name: tensors[name].tolist() for name in tensors if name.startswith("model/")}


def test_a_training_in_parts_is_the_training(
    program: Program, fit: Fitness, tmp_path: Path
) -> None:
    whole, parts = (tmp_path / name for name in ("whole", "parts"))
    for folder in (whole, parts):
        folder.mkdir()
    reports = []
    for epochs in (1, 3, 4):
        trial = Trial(parts, {"epochs": epochs})
        found = fit(program, trial)
        reports += trial.reports
    trial = Trial(whole)
    assert found == fit(program, trial)
    assert weights(parts) == weights(whole)
    assert reports == trial.reports
    assert sorted({step for step, _, _ in reports}) == [1, 2, 3, 4]


class Killed(Exception):
    """In the place of a signal that leaves no time for anything."""


@dataclass
class Mortal(Trial):
    """Ends after an epoch, as if it had been killed."""

    last: int = 0

    def report(self, step: int, value: float, name: str = "score") -> None:
        if step == self.last:
            raise Killed
        super().report(step, value, name)


@pytest.mark.parametrize("moments", [(3,), (1,), (2, 4), (3, 3)])
def test_what_a_killed_attempt_saved_is_gone_on_from(
    program: Program, tmp_path: Path, moments: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Fitness("N", {"checkpoint": "0.000001"})
    whole, killed = (tmp_path / name for name in ("whole", "killed"))
    for folder in (whole, killed):
        folder.mkdir()
    first = Trial(whole)
    expected = fit(program, first)
    trained: list[int] = []
    epoch = Loop._epoch
    monkeypatch.setattr(
        Loop, "_epoch", lambda loop: (trained.append(loop.standing.epoch), epoch(loop))
    )
    for turn, moment in enumerate(moments):
        with pytest.raises(Killed):
            fit(program, Mortal(killed, salvaged=turn > 0, last=moment))
    again = Trial(killed, salvaged=True)
    assert fit(program, again) == expected
    assert again.reports == first.reports
    assert weights(killed) == weights(whole)
    assert len(trained) == 4 + len(moments), "an epoch is lost with each kill, no more"


def test_killed_before_it_began_it_tells_of_its_own_epochs_alone(
    program: Program, fit: Fitness, tmp_path: Path
) -> None:
    """The directory is then still as the trial left it that it goes on from."""
    fit(program, Trial(tmp_path, {"epochs": 2}))
    again = Trial(tmp_path, salvaged=True)
    fit(program, again)
    assert {step for step, _, _ in again.reports} == {3, 4}


def test_killed_on_more_rows_it_starts_from_the_same_weights(
    program: Program, tmp_path: Path
) -> None:
    fit = Fitness("N")
    folders = [tmp_path / name for name in ("whole", "killed")]
    for folder in folders:
        folder.mkdir()
        fit(program, Trial(folder, {"data": 0.25}))
    expected = fit(program, Trial(folders[0]))
    with pytest.raises(Killed):
        fit(program, Mortal(folders[1], last=2))
    again = Trial(folders[1], salvaged=True)
    assert fit(program, again) == expected
    assert weights(folders[0]) == weights(folders[1])


def test_it_measures_the_validation_split_alone(
    program: Program, fit: Fitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = fit.data(program)
    read: list[str] = []

    class Watched(dict):  # type: ignore[type-arg]
        def __getitem__(self, name: str) -> Any:
            read.append(name)
            return super().__getitem__(name)

    real = training.build_job

    def building(*arguments: Any) -> Any:
        job = real(*arguments)
        job.feeds = Watched(job.feeds)
        return job

    monkeypatch.setattr(training, "build_job", building)
    found = fit(program, Trial(tmp_path, {"epochs": 1}))
    assert set(found) == {"loss", "accuracy"}
    assert set(read) == {"train", "validation"}
    assert len(data.test) > 0
    assert not (tmp_path / "run/result.json").exists()
    assert not (tmp_path / "run/weights.safetensors").exists()


def test_the_seed_is_the_trials_unless_the_block_names_one(program: Program, fit: Fitness) -> None:
    assert fit.plan(program, seed=11).seed == 11
    assert fit.plan(program, seed=-1).seed == 2**31 - 1
    own = archc.parse(TEXT.replace("epochs = 4", "epochs = 4, seed = 5"))
    assert fit.plan(own, seed=11).seed == 5
    assert Fitness("N", {"seed": "7"}).plan(own, seed=11).seed == 7


def test_more_data_starts_from_the_weights_that_less_gave(
    program: Program, fit: Fitness, tmp_path: Path
) -> None:
    quarter, half, fresh = (tmp_path / name for name in ("quarter", "half", "fresh"))
    quarter.mkdir()
    fresh.mkdir()
    few = fit(program, Trial(quarter, {"data": 0.25}))
    quarter.rename(half)
    more = fit(program, Trial(half, {"data": 0.5}))
    anew = fit(program, Trial(fresh, {"data": 0.5}))
    assert more["loss"] < min(few["loss"], anew["loss"])
    all_of_it = fit(program, Trial(half, {"data": 1.0}))
    assert all_of_it["loss"] < more["loss"]
    assert {path.name for path in half.iterdir()} == {"run", "run-before", "fidelity.json"}


def test_parts_of_the_data_are_nested(program: Program, fit: Fitness) -> None:
    data = fit.data(program)
    rows = [
        {row.tobytes() for row in part_of(data, part).train.inputs["image"][:]}
        for part in (0.1, 0.5, 1.0)
    ]
    assert rows[0] < rows[1] < rows[2]
    checksums = {part_of(data, part).checksum for part in (0.1, 0.5, 1.0)}
    assert len(checksums) == 3
    with pytest.raises(ValueError, match="a fraction of the data"):
        part_of(data, 0.0)


@pytest.mark.parametrize(
    ("fidelity", "words"),
    [
        ({"epochs": 5}, "of 4 in all"),
        ({"epochs": 1.5}, "of 4 in all"),
        ({"steps": 3}, "no fidelity 'steps'"),
    ],
)
def test_a_fidelity_that_cannot_be_is_told(
    fidelity: dict[str, float], words: str, program: Program, fit: Fitness, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=words):
        fit(program, Trial(tmp_path, fidelity))


def test_the_identity_tells_what_a_training_depends_on(program: Program, fit: Fitness) -> None:
    first = fit.identity(program)
    assert first == Fitness("N").identity(archc.parse(TEXT))
    facts = json.loads(first.removeprefix("train "))
    assert facts["data"] == fit.data(program).checksum
    assert "seed" not in facts["assumed"], "that of a trial is told apart by the trial"
    assert facts["assumed"]["schedule"] == "cosine(warmup=0.05)"
    other = archc.parse(TEXT.replace("digits()", "digits(validation=0.2)"))
    changed = {
        Fitness("N", {"epochs": "2"}).identity(program),
        Fitness("N", timed=True).identity(program),
        fit.identity(other),
    }
    assert len(changed | {first}) == 4


def test_epochs_are_read_without_a_check(program: Program, fit: Fitness) -> None:
    assert fit.epochs(program) == 4
    assert Fitness("N", {"epochs": "9"}).epochs(program) == 9
    assert fit.epochs(archc.parse(TEXT.replace("epochs = 4, ", ""))) == 10


def test_the_latency_is_measured_where_it_is_wanted(program: Program, tmp_path: Path) -> None:
    found = Fitness("N", timed=True)(program, Trial(tmp_path, {"epochs": 1}))
    assert 0 < found["latency"] < 1000
    timed = Timed(lambda program: 2.0, False, "N")
    own = timed(program, Trial(tmp_path))
    assert own["score"] == 2.0
    assert own["latency"] > 0


def test_the_data_are_read_once(
    program: Program, fit: Fitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    real = fitnesses.load_data
    monkeypatch.setattr(fitnesses, "_known", {})
    monkeypatch.setattr(
        fitnesses, "load_data", lambda plan, root: loaded.append("x") or real(plan, root)
    )
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fit(program, Trial(tmp_path / name, {"epochs": 1}))
    assert loaded == ["x"]
