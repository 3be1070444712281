"""Everything a training needs, built and checked before its first step.

Comes in: a graph, a plan, data, the world. Goes out: a `Job`. What cannot fit is refused here with
a DataError or ProgramError: the loop meets no surprises but numbers that explode.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ..compiler import errors
from ..compiler.backends.torch import build
from ..compiler.graph import Graph
from ..grammar.diagnostic import ProgramError, Report
from ..grammar.span import NOWHERE
from .augment import Augmentation, make_augmentation
from .chosen import Chosen
from .data import Dataset
from .errors import DataError
from .evaluate import as_outputs, evaluating
from .feed import Feed, match_ports
from .losses import Objective, make_objective
from .metrics import Tally, make_tallies
from .optimisers import freeze, make_optimizer
from .plan import Plan
from .schedules import Schedule
from .world import World, batch_for

Cast = AbstractContextManager[Any]
MIXING = frozenset({"mixup", "cutmix"})


@dataclass(slots=True)
class Job:
    """`module` holds the weights; `model` is what the loop calls: the module, compiled or
    distributed. `tallies` are measured while training, `measures` on the other splits.
    """

    graph: Graph
    plan: Plan
    data: Dataset
    world: World
    module: nn.Module
    model: Callable[..., Any]
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    augment: tuple[Augmentation, ...]
    generator: torch.Generator
    tallies: list[Tally]
    measures: list[Tally]
    feeds: dict[str, Feed]
    cast: Cast
    batch: int
    per_epoch: int

    @property
    def device(self) -> torch.device:
        return self.world.device

    def order(self, epoch: int) -> list[Tensor]:
        """The rows of each batch of an epoch: a permutation that only seed and epoch decide.

        Rows that fill no whole step are left out; another epoch leaves out others.
        """
        generator = torch.Generator().manual_seed(_mixed(self.plan.seed, epoch))
        rows = torch.randperm(self.feeds["train"].rows, generator=generator)
        used = self.per_epoch * self.plan.accumulate * self.batch
        return [self.world.my_rows(piece) for piece in torch.split(rows[:used], self.batch)]


def _mixed(seed: int, number: int) -> int:
    return (seed * 1_000_003 + number) % 2**63


def build_job(
    graph: Graph, plan: Plan, data: Dataset, world: World, module: nn.Module | None = None
) -> Job:
    """The job, its weights drawn from the seed. Seeds the generators of this process."""
    _refuse_shares(plan)
    ports = match_ports(graph, data)
    objective = make_objective(plan.losses, graph, data, world.device)
    measures = make_tallies(plan.metrics, graph, data)
    tallies = [tally for tally in measures_again(plan, graph, data) if not tally.keeps_rows]
    module = module or build(graph, device=world.device, seed=plan.seed)
    freeze(module, plan.freeze)
    optimizer = make_optimizer(plan.optimizer, module)
    feeds = {name: Feed(split, ports, world.device) for name, split in data.splits.items()}
    rows = feeds["train"].rows
    batch = batch_for(world, rows, plan.batch, plan.accumulate)
    per_epoch = rows // (batch * plan.accumulate)
    torch.manual_seed(_mixed(plan.seed, world.rank))
    generator = torch.Generator(world.device).manual_seed(_mixed(plan.seed + 1, world.rank))
    job = Job(
        graph=graph,
        plan=plan,
        data=data,
        world=world,
        module=module,
        model=module,
        objective=objective,
        optimizer=optimizer,
        schedule=Schedule(plan.schedule, plan.epochs * per_epoch, per_epoch),
        augment=tuple(_augmentation(chosen, data) for chosen in plan.augment),
        generator=generator,
        tallies=tallies,
        measures=measures,
        feeds=feeds,
        cast=cast_for(plan.precision, world.device),
        batch=batch,
        per_epoch=per_epoch,
    )
    _try_out(job)
    job.model = _model(module, plan, world)
    return job


def _refuse_shares(plan: Plan) -> None:
    """Mixed pictures have shares of classes as answers, and only in training."""
    mixed = next((chosen for chosen in plan.augment if chosen.name in MIXING), None)
    for loss in plan.losses:
        if mixed is None or loss.network is None or "" not in loss.network.sources:
            continue
        reason = f"{mixed.name} turns classes into shares of them, which `{loss.name}` cannot read"
        raise DataError(reason, f"leave {mixed.name} out, or use a loss of archc's own")


def measures_again(plan: Plan, graph: Graph, data: Dataset) -> Sequence[Tally]:
    """A second set, so that training and validation do not count into one another."""
    return make_tallies(plan.metrics, graph, data)


def cast_for(precision: str, device: torch.device) -> Cast:
    """bf16 autocast where it is asked for, or, with `auto`, where CUDA is quick at it."""
    if precision == "auto":
        able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bf16" if able else "f32"
    return nullcontext() if precision == "f32" else torch.autocast(device.type, torch.bfloat16)


def _model(module: nn.Module, plan: Plan, world: World) -> Callable[..., Any]:
    model: Callable[..., Any] = module
    if world.size > 1:
        devices = [world.device] if world.device.type == "cuda" else None
        unused = any(not weight.requires_grad for weight in module.parameters())
        model = DistributedDataParallel(module, device_ids=devices, find_unused_parameters=unused)
    return torch.compile(model) if plan.compile else model


def _augmentation(chosen: Chosen, data: Dataset) -> Augmentation:
    """With the number of classes, where it mixes them. Raises ProgramError at the argument."""
    given = dict(chosen.given)
    if chosen.name in MIXING and data.task == "classification":
        given.setdefault("classes", data.transform.target.classes)
    made: Augmentation = refusing(chosen, lambda: make_augmentation(chosen.name, given))
    return made


def refusing(chosen: Chosen, make: Callable[[], Any]) -> Any:
    """Runs `make`; a DataError about an argument points at where the program writes it."""
    try:
        return make()
    except DataError as error:
        span = chosen.places.get(error.setting)
        if span is None or span is NOWHERE:
            raise
        diagnostic = errors.settings.Refused(span, error.message, error.help)
        raise ProgramError([Report(diagnostic)]) from None


def _try_out(job: Job) -> None:
    """Two rows through network, loss, metrics and augmentations, before anything is written."""
    rows = torch.arange(min(2, job.feeds["train"].rows))
    inputs, targets = next(job.feeds["train"].batches([rows]))
    advice = f"a network that fits the data: on {job.data.signature()}"
    try:
        with evaluating(job.module), job.cast:
            outputs = as_outputs(job.module(*inputs.values()))
    except ValueError as error:
        raise DataError(f"the data do not fit the network: {error}", advice) from None
    try:
        with torch.no_grad():
            job.objective(outputs, inputs, targets)
            for tally in job.tallies:
                tally.add(outputs, inputs, targets)
                tally.reset()
    except (ValueError, RuntimeError, IndexError) as error:
        what = " + ".join(job.objective.names)
        reason = str(error).partition("\n")[0]
        raise DataError(f"{what} cannot be computed: {reason}", advice) from None
    before = job.generator.get_state()
    augmented(job, inputs, targets)
    job.generator.set_state(before)


def augmented(
    job: Job, inputs: dict[str, Tensor], targets: dict[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The batch with all augmentations applied, in order, to the first input and the first
    target.
    """
    port, target = next(iter(inputs)), next(iter(targets))
    x, y = inputs[port], targets[target]
    for augmentation in job.augment:
        x, y = augmentation.apply(x, y, job.generator)
    return inputs | {port: x}, targets | {target: y}
