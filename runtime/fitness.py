"""How good a program is once it is trained: the evaluation of a search that names none.

Comes in: a program in which nothing is open, a folder for its run. Goes out: the metrics of the
validation split. The test split plays no part. A training that goes on from the folder of a shorter
one ends with the bits of one that was not interrupted: the schedule is always that of the whole.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..compiler.check import Checked
from ..compiler.graph import Graph
from ..compiler.program import Program
from ..compiler.settings import choose_block
from ..compiler.spaces.drawn import graph_of
from ..grammar import ast
from .data import Dataset
from .data.part import part_of
from .errors import DataError
from .latency import latency, measured_on
from .metrics import make_tallies
from .plan import Plan, make_plan
from .progress import Silent
from .resolve import resolved_text
from .run_folder import RunFolder
from .train import Options, load_data, train

RUN = "run"
LATENCY = "latency"
FIDELITIES = ("epochs", "data")
SEEDS = 2**31
FACTS, BEFORE = "fidelity.json", "run-before"
VERSION = 1
"""Grows whenever the same settings begin to give other numbers: outcomes that were kept before are
then not taken for those of now. The graph's hash has a version of its own.
"""

IDLE = frozenset({"checkpoint", "network"})
"""What no number depends on: how often is saved, what the network is called."""


class Attempt(Protocol):
    """What a search tells of a trial, as far as a training needs it."""

    @property
    def directory(self) -> Path: ...

    @property
    def fidelity(self) -> Mapping[str, float]: ...

    @property
    def seed(self) -> int: ...

    @property
    def salvaged(self) -> bool:
        """Whether the directory is that of an attempt which was killed before it told anything."""

    def report(self, step: int, value: float, name: str = ...) -> None: ...


@dataclass(slots=True)
class _Reporting(Silent):
    """Tells the search of each epoch, which may end the training there. `untold` are the epochs
    that a killed attempt trained; those that its checkpoint still knows come first.
    """

    trial: Attempt
    untold: Sequence[Mapping[str, Any]] = ()

    def epoch(self, record: Mapping[str, Any], epochs: int) -> None:
        self.tell_until(record["epoch"] - 1)
        self._tell(record)

    def tell_until(self, epoch: int) -> None:
        """What is untold up to an epoch."""
        untold, self.untold = self.untold, ()
        for record in untold:
            if record["epoch"] <= epoch:
                self._tell(record)

    def _tell(self, record: Mapping[str, Any]) -> None:
        for name, value in (record.get("validation") or {}).items():
            self.trial.report(record["epoch"], nan if value is None else value, name)


@dataclass(frozen=True, slots=True)
class Fitness:
    """Trains as the `train` block says, with `settings` over it. `root` is the folder that data
    paths are relative to, `axes` are sizes of symbolic axes. The seed is the trial's unless the
    block or the settings name one. `timed` measures the latency as well.
    """

    network: str
    settings: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    root: Path = Path()
    device: str = "cpu"
    timed: bool = False

    salvages: ClassVar[bool] = True
    """A training finds out which of its checkpoints are whole."""

    # --- what a search asks beforehand

    def plan(self, program: Program, seed: int = 0) -> Plan:
        """What a training would do. Raises ProgramError for settings that cannot be meant."""
        return self.planned(program, seed)[2]

    def data(self, program: Program) -> Dataset:
        """What it trains on. Raises DataError, ProgramError."""
        return _data(self.plan(program), self.root)

    def epochs(self, program: Program) -> int:
        """How long the whole training of a program is; nothing is checked."""
        text = self.settings.get("epochs")
        if text is not None and text.isdecimal():
            return int(text)
        for block in program.tree.declarations:
            if isinstance(block, ast.Settings) and block.kind == "train":
                values = {item.name: item.value for item in block.settings}
                match values.get("epochs"):
                    case ast.Number(value=int() as count):
                        return count
        return self.plan(program).epochs

    def measures(self, program: Program) -> tuple[str, ...]:
        """The numbers that it tells, by name. Raises ProgramError, DataError."""
        _, graph, plan = self.planned(program, 0)
        tallies = make_tallies(plan.metrics, graph, self.data(program))
        return ("loss", *(tally.name for tally in tallies))

    def identity(self, program: Program) -> str:
        """All that its numbers depend on, beside the program with its `train` block, the seed and
        the fidelity: the settings from outside, what nobody set, the data.
        """
        plan = self.plan(program)
        written = {setting.name for setting in plan.block.settings}
        known = {*IDLE, *written, "seed"}
        facts = {
            "version": VERSION,
            "settings": {k: v for k, v in sorted(self.settings.items()) if k not in IDLE},
            "assumed": {k: v for k, v in plan.to_json().items() if k not in known},
            "axes": dict(sorted(self.axes.items())),
            "data": self.data(program).checksum,
            "latency": measured_on(self.device) if self.timed else None,
        }
        return f"train {json.dumps(facts, sort_keys=True)}"

    # --- evaluating

    def __call__(self, program: Program, trial: Attempt) -> dict[str, float]:
        checked, graph, plan = self.planned(program, trial.seed)
        until, data = self._fidelity(plan, trial.fidelity)
        folder = trial.directory / RUN
        options = Options(
            folder=folder,
            device=self.device,
            resume=folder.is_dir(),
            program=resolved_text(checked.program, plan.block, {}),
            root=self.root,
            axes=self.axes,
            until=until,
        )
        options = _fresh_rows(options, data, trial.salvaged)
        telling = _Reporting(trial, _untold(folder, trial.salvaged))
        try:
            run = train(graph, plan, options, data=data, progress=telling)
        except KeyboardInterrupt:
            _note(folder, _all_told(folder))
            raise
        telling.tell_until(until)
        _note(folder, _all_told(folder))
        found = run.metrics["validation"]
        scores = {name: nan if value is None else value for name, value in found.items()}
        if self.timed:
            scores[LATENCY] = latency(graph, self.device, self.axes)
        return scores

    def planned(self, program: Program, seed: int) -> tuple[Checked, Graph, Plan]:
        """The program checked, its graph, and what a training of it would do. Raises
        ProgramError.
        """
        checked: Checked = program.check()
        graph = checked.graph(self.network, dict(self.axes))
        block = choose_block(checked.program, graph.name)
        settings = dict(self.settings)
        if "seed" not in {setting.name for setting in block.settings}:
            settings.setdefault("seed", str(seed % SEEDS))
        return checked, graph, make_plan(checked, graph, None, settings)

    def _fidelity(self, plan: Plan, fidelity: Mapping[str, float]) -> tuple[int, Dataset]:
        """Up to which epoch, on which rows. Raises DataError for what it does not know."""
        strange = [name for name in fidelity if name not in FIDELITIES]
        epochs = fidelity.get("epochs", plan.epochs)
        if strange:
            known = ", ".join(FIDELITIES)
            raise DataError(f"a training has no fidelity {strange[0]!r}", f"it has: {known}")
        if epochs != int(epochs) or not 1 <= epochs <= plan.epochs:
            raise DataError(
                f"a part of {epochs:g} epochs is asked for, of {plan.epochs} in all",
                f"train longer, by train.epochs={epochs:g}, or let the method ask for less",
            )
        data = _data(plan, self.root)
        return int(epochs), part_of(data, fidelity.get("data", 1.0))


def _fresh_rows(options: Options, data: Dataset, salvaged: bool) -> Options:
    """On more rows than before a training starts anew from the weights that it had."""
    facts = {"data": data.checksum}
    folder = options.folder
    assert folder is not None
    old = folder.with_name(BEFORE)
    known = _facts(folder)
    if known.get("data", data.checksum) != data.checksum and folder.is_dir():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    run = RunFolder(folder)
    if salvaged and folder.is_dir() and run.checkpoints.newest() is None:
        shutil.rmtree(folder)  # killed before its first checkpoint: nothing to go on from
    told = known.get("told", len(run.read())) if folder.is_dir() else 0
    _note(folder, {**facts, "told": told})
    if old.is_dir() and not folder.is_dir():
        return replace(options, resume=False, start=old / "checkpoints")
    return options


def _facts(run: Path) -> dict[str, Any]:
    """What is noted of a run: the data, and of how many epochs the search has been told."""
    try:
        found: dict[str, Any] = json.loads(run.with_name(FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _all_told(run: Path) -> dict[str, Any]:
    """Whoever goes on from here has no epoch to tell of but its own."""
    return {**_facts(run), "told": len(RunFolder(run).read())}


def _note(run: Path, facts: Mapping[str, Any]) -> None:
    """At once or not at all: the process may be killed meanwhile."""
    place = run.with_name(FACTS)
    new = place.with_suffix(".new")
    new.write_text(json.dumps(facts), encoding="utf-8")
    new.replace(place)


def _untold(run: Path, salvaged: bool) -> Sequence[Mapping[str, Any]]:
    """The epochs of a killed attempt."""
    return RunFolder(run).read()[_facts(run)["told"] :] if salvaged else ()


_known: dict[tuple[str, Path], Dataset] = {}


def _data(plan: Plan, root: Path) -> Dataset:
    """Data are read once in each process, and those of one plan at a time are held."""
    key = str(plan.data), root
    if key not in _known:
        found = load_data(plan, root)
        _known.clear()
        _known[key] = found
    return _known[key]


@dataclass(frozen=True, slots=True)
class Timed:
    """Another evaluation of the user's, with the latency beside its numbers."""

    evaluate: Callable[..., Any]
    with_trial: bool
    network: str
    axes: Mapping[str, int] = field(default_factory=dict)
    device: str = "cpu"

    def __call__(self, program: Program, trial: Attempt) -> dict[str, Any]:
        answer = self.evaluate(program, trial) if self.with_trial else self.evaluate(program)
        scores = dict(answer) if isinstance(answer, Mapping) else {"score": answer}
        graph = graph_of(program, self.network)
        return scores | {LATENCY: latency(graph, self.device, self.axes)}
