"""Training, from a checked network to a folder with its weights.

Comes in: a graph, a plan, the folder that data paths are relative to. Goes out: a `Run`. On the CPU
the same seed, program, data and number of threads give the same weights bit for bit; a training
that was stopped, by whatever, and resumed gives the bits of one that was not.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..compiler.backends.torch import build
from ..compiler.graph import Graph
from ..signals import stopping
from . import curves
from .checkpoint import Checkpoints
from .data import Dataset, registry
from .device import device_name
from .environment import environment
from .errors import CheckpointError
from .evaluate import Numbers, evaluate
from .files import write_json
from .fitting import fit, read_weights
from .job import Job, build_job, refusing
from .loop import Diverged, Loop, Stopped
from .plan import Plan
from .progress import Progress, Silent
from .run_folder import CURVES, PROGRAM, RESULT, WEIGHTS, RunFolder, next_folder
from .snapshot import Standing, below, restore
from .weights import metadata_of, module_with, save_weights
from .world import World, joined


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training. `metrics` are those of the splits `train`, `validation` and `test`,
    `history` a record per epoch. Of several processes one `leads`, and alone has written anything.
    """

    path: Path
    metrics: Mapping[str, Numbers]
    module: nn.Module = field(repr=False)
    epochs: int
    seconds: float
    device: str
    history: tuple[Mapping[str, Any], ...] = field(repr=False)
    leads: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "run": str(self.path),
            "metrics": dict(self.metrics),
            "epochs": self.epochs,
            "seconds": round(self.seconds, 3),
            "device": self.device,
        }


@dataclass(frozen=True, slots=True)
class Options:
    """Where and how, as opposed to what. `folder` defaults to `runs/<network>-<n>`.

    `program` is the text that the folder keeps (`resolve.py` makes it), `used` the texts of the
    files that it uses, by their names beside it. `root` is the folder that data paths are relative
    to, `axes` are sizes that were given to symbolic axes.

    `until` stops after so many epochs of the plan: such a part ends with a checkpoint, from which
    `resume` goes on, and without weights, curves or a look at the test split. `start` is a folder
    of checkpoints whose newest weights a new training starts from.
    """

    folder: Path | None = None
    device: str = "auto"
    resume: bool = False
    program: str = ""
    root: Path = Path()
    tensorboard: bool = False
    axes: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    until: int | None = None
    start: Path | None = None


def load_data(plan: Plan, root: Path) -> Dataset:
    """The data that a plan names. Raises DataError, ProgramError where an argument is at fault."""
    chosen = plan.data
    found: Dataset = refusing(chosen, lambda: registry.load(chosen.name, chosen.given, root))
    return found


def train(
    graph: Graph,
    plan: Plan,
    options: Options | None = None,
    *,
    data: Dataset | None = None,
    progress: Progress | None = None,
) -> Run:
    """Trains a network as planned.

    Raises ProgramError, DataError, DeviceError; CheckpointError where a run cannot be resumed or
    written; Diverged where the loss is no number any more; KeyboardInterrupt after Ctrl-C or
    SIGTERM, when everything is saved.
    """
    options = options or Options()
    with joined(options.device) as world, _own_generators(world):
        shown = progress if progress is not None and world.leads else Silent()
        loaded = data if data is not None else load_data(plan, options.root)
        folder = _folder(graph, options, world)
        finished = folder.result() if options.resume else None
        if finished is not None:
            return _finished(graph, finished, folder, world)
        job = build_job(graph, plan, loaded, world, _started(graph, options, world))
        standing = _begin(job, folder, options, shown)
        try:
            with stopping() as stop:
                Loop(job, standing, folder, shown, stop, options.until).run()
        except Stopped:
            shown.say(f"stopped; everything is saved. Go on with: --resume -o {folder.path}")
            raise
        except Diverged as error:
            raise _with_checkpoint(error, folder) from None
        finally:
            shown.close()
            if folder.board is not None:
                folder.board.close()
        if options.until is not None:
            return _run(job, standing, folder, _metrics(standing, folder, job.plan.keep))
        return _finish(job, standing, folder, options, shown)


def _own_generators(world: World) -> AbstractContextManager[None]:
    """The caller's random numbers go on as if nothing had been trained."""
    devices = [world.device] if world.device.type == "cuda" else []
    return torch.random.fork_rng(devices=devices)


def _folder(graph: Graph, options: Options, world: World) -> RunFolder:
    path = options.folder
    if path is None and world.leads:
        path = next_folder(graph.name)
    path = Path(world.share(str(path)))
    folder = RunFolder(path, world.leads)
    if not options.resume and (path / PROGRAM).is_file():
        raise CheckpointError(
            f"{path} holds a run already",
            "go on with it by --resume, or name another folder with -o",
        )
    if path.is_file():
        raise CheckpointError(f"{path} is a file, not a folder", "name another folder with -o")
    if options.resume and (path / PROGRAM).is_file():
        _require_same_program(path, options)
    return folder


def _require_same_program(path: Path, options: Options) -> None:
    before = (path / PROGRAM).read_text(encoding="utf-8")
    if before != options.program:
        raise CheckpointError(
            f"{path} was trained from another program or with other settings",
            f"resume with the file and --set of that run ({path / PROGRAM} has both in one), or "
            "train anew in another folder",
        )


def _begin(job: Job, folder: RunFolder, options: Options, progress: Progress) -> Standing:
    """The folder made, or the place where an earlier process stood."""
    world = job.world
    standing = Standing()
    resumable = options.resume and (folder.path / PROGRAM).is_file()
    resumable = bool(world.share(resumable))
    if resumable:
        checkpoints = folder.checkpoints
        newest = checkpoints.newest()
        for reason in checkpoints.damaged:
            progress.say(f"{reason}; the one before is used")
        if newest is not None:
            standing = restore(job, newest)
        folder.rewind(standing.epoch)
        if standing.epoch < job.plan.epochs:
            where = f"epoch {standing.epoch + 1}, step {standing.step + 1}"
            progress.say(f"resuming {folder.path} at {where}")
    elif world.leads:
        surroundings = environment(job.device, world.size)
        folder.begin(
            options.program, options.used, _settings(job, folder.path, options), surroundings
        )
    if options.tensorboard and world.leads:
        folder.board = curves.Board(folder.path / "tensorboard")
    return standing


def _settings(job: Job, folder: Path, options: Options) -> dict[str, Any]:
    """The settings with everything that was decided, and what is known of the data."""
    chosen = job.plan.to_json()
    chosen["loss"] = list(job.objective.names)
    chosen["metrics"] = [tally.name for tally in job.measures]
    return {
        **chosen,
        "assumed": list(job.plan.assumed),
        "axes": dict(options.axes),
        "root": os.path.relpath(options.root, folder),
        "dataset": job.data.describe(),
    }


def _with_checkpoint(error: Diverged, folder: RunFolder) -> Diverged:
    steps = folder.checkpoints.steps()
    kept = f"the last good checkpoint is that of step {steps[-1]}" if steps else ""
    advice = error.help if kept else error.help.partition("; ")[2]
    return Diverged(f"{error.message}; {kept}" if kept else error.message, advice)


def _finish(
    job: Job, standing: Standing, folder: RunFolder, options: Options, progress: Progress
) -> Run:
    """The weights to keep, measured on the test split, and everything written."""
    if job.plan.keep == "best" and standing.best:
        best = read_weights(folder.best_weights(standing))
        job.module.load_state_dict(fit(job.graph, best))
    job.module.eval()
    feed = job.feeds["test"]
    test = evaluate(job.module, feed, job.objective, job.measures, job.batch, job.cast)
    metrics = _metrics(standing, folder, job.plan.keep) | {"test": test}
    run = _run(job, standing, folder, metrics)
    if folder.leads:
        metadata = metadata_of(job.graph, job.data.transform, options.program)
        digest = save_weights(folder.path / WEIGHTS, job.module, metadata)
        note = curves.draw(folder.records, folder.path / CURVES)
        if note:
            progress.say(note)
        result = run.to_json() | {"weights_sha256": digest, "data_sha256": job.data.checksum}
        write_json(folder.path / RESULT, result)
    return run


def _run(job: Job, standing: Standing, folder: RunFolder, metrics: Mapping[str, Numbers]) -> Run:
    return Run(
        path=folder.path,
        metrics=metrics,
        module=job.module,
        epochs=standing.epoch,
        seconds=standing.seconds,
        device=device_name(job.device),
        history=tuple(folder.records),
        leads=folder.leads,
    )


def _metrics(standing: Standing, folder: RunFolder, keep: str) -> dict[str, Numbers]:
    """Of the epoch whose weights are kept."""
    epoch = standing.best.get("epoch", 0) if keep == "best" else 0
    record = folder.records[epoch - 1] if folder.records else {"train": {}, "validation": {}}
    return {"train": record["train"], "validation": record["validation"]}


def _started(graph: Graph, options: Options, world: World) -> nn.Module | None:
    """A module with the weights that the training starts from, if they are not to be drawn."""
    if options.start is None:
        return None
    found = Checkpoints(options.start).newest()
    if found is None:
        raise CheckpointError(f"{options.start} holds no checkpoint", "train from the start")
    module = build(graph, init=False)
    module.load_state_dict(below("model/", found.tensors))
    return module.to(world.device).train()


def _finished(graph: Graph, found: Mapping[str, Any], folder: RunFolder, world: World) -> Run:
    """A run that needs no more training, from its folder."""
    module = module_with(graph, read_weights(folder.path / WEIGHTS), world.device)
    folder.rewind(found["epochs"])
    return Run(
        path=folder.path,
        metrics=found["metrics"],
        module=module,
        epochs=found["epochs"],
        seconds=found["seconds"],
        device=found["device"],
        history=tuple(folder.records),
        leads=folder.leads,
    )
