"""Trainings per minute: a study with two local workers against two processes that just train.

Both train the same networks on digits, for three epochs, one thread each. The study proposes them,
sends them to workers, keeps what comes back, and hands directories on. A bare loop calls the same
training with the next program until there is none; the loop by hand, without a bar, is the
shortest one that learns the same and keeps nothing. The rates are those after the start: from when
every worker has finished a training.
"""

import multiprocessing
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import archc
import torch
from archc.compiler.spaces.space import Space
from archc.runtime.fitness import Fitness
from harness import Bar, Report, main, require, row_of
from torch.nn.functional import cross_entropy

WORKERS = 2
EPOCHS, BATCH, RATE = 3, 64, 1e-2
TEXT = f"""network Digits on x: f32[N, 1, 8, 8] -> f32[N, 10] {{
    x -> conv(8..16, 3) -> (relu | gelu) -> maxpool(2) -> conv(16..32, 3) -> relu -> flatten
      -> dense(10)
}}
train Digits {{
    data = digits()
    epochs = {EPOCHS}
    batch = {BATCH}
    optimizer = adamw(lr=8e-3..1.2e-2)
}}
"""
BAR = Bar(least=0.95, faster=True)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per training, by two clocks."""

    wall: float
    cpu: float


@dataclass
class Trial:
    """What a training wants to know of a trial, without a study."""

    directory: Path
    fidelity: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    salvaged: bool = False

    def report(self, step: int, value: float, name: str = "score") -> None:
        return


@dataclass
class Counted:
    """The training, and how much its process has computed so far."""

    fitness: Fitness

    def __call__(self, program: Any, trial: Any) -> dict[str, float]:
        found = self.fitness(program, trial)
        return found | {"cpu": time.process_time(), "worker": float(os.getpid())}


def study_times(trainings: int, folder: Path) -> Times:
    """Per training, of both workers together; the coordinator's work counts."""
    moments: list[tuple[float, float]] = []
    place = Path(tempfile.mkdtemp(dir=folder))
    study = archc.run_search(
        archc.space(TEXT), "random", Counted(Fitness("Digits")), minimize="loss",
        trials=trainings, jobs=WORKERS, store=place / "study.db",
        progress=lambda trial: moments.append((time.perf_counter(), time.process_time())),
    )  # fmt: skip
    done = [trial for trial in study.trials if str(trial.state) == "DONE"]
    require(len(done) == trainings, "a training failed")
    shutil.rmtree(place)
    clocks: dict[float, list[float]] = {}
    for trial in done:
        clocks.setdefault(trial.scores["worker"], []).append(trial.scores["cpu"])
    require(len(clocks) == WORKERS, "a worker had nothing to do")
    cpu = sum(max(times) - min(times) for times in clocks.values())
    wall, own = (moments[-1][at] - moments[WORKERS - 1][at] for at in (0, 1))
    count = trainings - WORKERS
    return Times(wall / count, (cpu + own) / count)


def loops_times(trainings: int, loop: Any, folder: Path) -> Times:
    """Per training, of bare loops in processes of their own."""
    programs = [archc.parse(str(p)) for p in archc.space(TEXT).samples(trainings, seed=0)]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archc.runtime.fitness"])
    processes, pipes = [], []
    for worker in range(WORKERS):
        ours, theirs = context.Pipe()
        mine = programs[worker::WORKERS]
        processes.append(context.Process(target=_serve, args=(theirs, loop, mine, folder)))
        processes[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()  # it has trained one
    begun = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    cpu = sum(pipe.recv() for pipe in pipes)
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
    count = trainings - WORKERS
    return Times(seconds / count, cpu / count)


def _serve(pipe: Connection, loop: Any, programs: list[Any], folder: Path) -> None:
    os.setsid()  # as a worker does: the system shares time out among sessions
    torch.set_num_threads(1)
    train = loop(folder)
    train(programs[0])
    pipe.send("ready")
    pipe.recv()
    begun = time.process_time()
    for program in programs[1:]:
        train(program)
    pipe.send(time.process_time() - begun)


def same_training(folder: Path) -> Any:
    fitness = Fitness("Digits")

    def train(program: Any) -> None:
        place = Path(tempfile.mkdtemp(dir=folder))
        fitness(program, Trial(place))
        shutil.rmtree(place)

    return train


def by_hand(folder: Path) -> Any:
    data = Fitness("Digits").data(archc.parse(str(archc.space(TEXT).sample())))
    splits = []
    for split in (data.train, data.validation):
        columns = (*split.inputs.values(), *split.targets.values())
        splits.append([torch.from_numpy(column[:]) for column in columns])

    def train(program: Any) -> None:
        module = archc.compile(program).torch()
        optimizer = torch.optim.AdamW(module.parameters(), lr=RATE)
        images, labels = splits[0]
        for _ in range(EPOCHS):
            module.train()
            for rows in torch.randperm(len(labels)).split(BATCH):
                if len(rows) == BATCH:
                    loss = cross_entropy(module(images[rows]), labels[rows])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            module.eval()
            with torch.no_grad():
                module(splits[1][0]).argmax(1)

    return train


def measure(report: Report) -> None:
    trainings = 6 if report.quick else 24
    space: Space = archc.space(TEXT)
    require(space.size > 1000, "there are too few programs")
    with tempfile.TemporaryDirectory(prefix="archc-bench-") as name:
        for what, loop, bar in (
            ("2 bare loops", same_training, BAR),
            ("2 loops by hand", by_hand, None),
        ):
            mine, theirs = [], []
            for turn in range(report.turns(5 if bar else 2)):
                for ours in (turn % 2 == 0, turn % 2 != 0):
                    if ours:
                        mine.append(study_times(trainings, Path(name)))
                    else:
                        theirs.append(loops_times(trainings, loop, Path(name)))
            for clock in ("cpu", "wall"):
                one, other = ([getattr(item, clock) for item in side] for side in (mine, theirs))
                kind = clock.upper() if clock == "cpu" else clock
                text = f"a training by 2 workers, {what}, {kind} time"
                report.rows.append(row_of(text, one, other, bar))
    report.facts["trainings a minute"] = 60 / report.rows[1].ours


if __name__ == "__main__":
    main("workers", "Trainings by a study's workers, against bare loops", measure)
