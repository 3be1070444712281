"""How good a program is once it is trained: the evaluation of a search that names none.

Comes in: a program in which nothing is open, a folder for its run. Goes out: the metrics of the
validation split. The test split plays no part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Protocol

from ..compiler.check import Checked
from ..compiler.graph import Graph
from ..compiler.program import Program
from .plan import Plan, make_plan
from .train import Options, train


class Attempt(Protocol):
    """What a search tells of a trial, as far as a training needs it."""

    @property
    def directory(self) -> Path: ...

    @property
    def fidelity(self) -> Mapping[str, float]: ...

    def report(self, step: int, value: float, name: str = ...) -> None: ...


@dataclass(frozen=True, slots=True)
class Fitness:
    """Trains as the `train` block says, with `settings` over it. `root` is the folder that data
    paths are relative to, `axes` are sizes of symbolic axes.
    """

    network: str
    settings: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    root: Path = Path()
    device: str = "cpu"

    def plan(self, program: Program, fidelity: Mapping[str, float] | None = None) -> Plan:
        """What a training would do. Raises ProgramError for settings that cannot be meant."""
        return self._planned(program, fidelity or {})[1]

    def __call__(self, program: Program, trial: Attempt) -> dict[str, float]:
        graph, plan = self._planned(program, trial.fidelity)
        options = Options(
            folder=trial.directory / "run",
            device=self.device,
            program=str(program),
            root=self.root,
            axes=self.axes,
        )
        run = train(graph, plan, options)
        for record in run.history:
            for name, value in (record.get("validation") or {}).items():
                if value is not None:
                    trial.report(record["epoch"], value, name)
        found = run.metrics["validation"]
        return {name: nan if value is None else value for name, value in found.items()}

    def _planned(self, program: Program, fidelity: Mapping[str, float]) -> tuple[Graph, Plan]:
        checked: Checked = program.check()
        graph = checked.graph(self.network, dict(self.axes))
        given = {name: str(value) for name, value in fidelity.items()}
        return graph, make_plan(checked, graph, None, {**self.settings, **given})
