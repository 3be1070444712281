"""A training as numbers alone: what a table of trainings is made of.

Comes in: a program in which nothing is open, a seed. Goes out: the metrics of the validation split
after every epoch, those of the test split at the end, and the processor's seconds. May be assumed:
the numbers are those of `train`, which writes a folder besides; a training whose loss became no
number ends there.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, Protocol

import torch

from ..compiler.graph import Graph
from ..compiler.program import Program
from ..signals import Stop
from .chosen import Chosen
from .data import Dataset, registry
from .evaluate import Numbers, evaluate
from .job import Job, build_job, refusing
from .loop import Diverged, Loop
from .plan import Plan, make_plan
from .progress import Silent
from .snapshot import Standing
from .world import joined

TEST = "test_"
SECONDS = "seconds"
_held: dict[tuple[str, Path], Dataset] = {}
"""The data read last: all trainings of a table share them."""


class Seeded(Protocol):
    """What a recording wants to know of its trial."""

    @property
    def seed(self) -> int: ...

    def report(self, step: int, value: float, name: str = ...) -> None: ...


@dataclass(slots=True)
class Memory:
    """Keeps the record of each epoch and writes nothing."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def checkpoint(self, job: Job, standing: Standing) -> None:
        return

    def best(self, job: Job, standing: Standing) -> None:
        return

    def record(self, record: dict[str, Any]) -> None:
        self.records.append(record)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Trains as the `train` block says, with `settings` over it and the trial's seed. `root` is the
    folder that data paths are relative to, `axes` are sizes of symbolic axes.
    """

    network: str
    settings: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    root: Path = Path()
    device: str = "cpu"

    def plan(self, program: Program, seed: int = 0) -> Plan:
        """What a training would do. Raises ProgramError for settings that cannot be meant."""
        return self._planned(program, seed)[1]

    def facts(self, program: Program) -> dict[str, Any]:
        """What all trainings of a table share: settings, and the data with their checksum."""
        plan = self.plan(program)
        settings = plan.to_json()
        del settings["seed"], settings["optimizer"], settings["schedule"]
        return {"training": settings, "data": self.data(plan).describe()}

    def data(self, plan: Plan) -> Dataset:
        """The data that a plan names, read once for all trainings of a process."""
        return _loaded(plan.data, self.root)

    def __call__(self, program: Program, trial: Seeded) -> dict[str, float]:
        """`test_loss` and so on, and `seconds`; the curve is reported epoch by epoch."""
        graph, plan = self._planned(program, trial.seed)
        data = self.data(plan)
        begun = time.process_time()
        memory = Memory()
        with joined(self.device) as world, torch.random.fork_rng(devices=[]):
            job = build_job(graph, plan, data, world)
            test = _trained(job, memory)
        for record in memory.records:
            for name, value in record["validation"].items():
                trial.report(record["epoch"], _number(value), name)
        found = {TEST + name: _number(value) for name, value in test.items()}
        return {**found, SECONDS: time.process_time() - begun}

    def _planned(self, program: Program, seed: int) -> tuple[Graph, Plan]:
        checked = program.check()
        graph = checked.graph(self.network, dict(self.axes))
        return graph, make_plan(checked, graph, None, {**self.settings, "seed": str(seed)})


def _trained(job: Job, memory: Memory) -> Numbers:
    """Trains, and measures the last epoch's weights on the test split."""
    names = ("loss", *(tally.name for tally in job.measures))
    try:
        Loop(job, Standing(), memory, Silent(), Stop()).run()
    except Diverged:
        return dict.fromkeys(names, None)
    return evaluate(job.module, job.feeds["test"], job.objective, job.measures, job.batch, job.cast)


def _number(value: float | None) -> float:
    return nan if value is None else value


def _loaded(chosen: Chosen, root: Path) -> Dataset:
    place = (str(chosen), root)
    if place not in _held:
        _held.clear()
        _held[place] = refusing(chosen, lambda: registry.load(chosen.name, chosen.given, root))
    return _held[place]
