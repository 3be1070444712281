"""The state of a training as tensors and plain values, and back.

Comes in: a job and where it stands. Goes out: a `Checkpoint`. Together they hold the weights, the
optimiser, the schedule, the generators of every process, the sums of an unfinished epoch and the
place in the data, so that going on gives the same bits as never having stopped.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..compiler.hash import graph_hash
from .checkpoint import Checkpoint
from .errors import CheckpointError
from .job import Job


@dataclass(slots=True)
class Standing:
    """Where a training stands: the next step is number `step` of epoch `epoch`, both from 0.

    `seconds` were spent so far, `epoch_seconds` of them in this epoch. `loss` is the sum over the
    `count` batches of the epoch so far. `best` is the epoch (from 1) with the lowest validation
    loss, and what is known of it.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    count: int = 0
    best: dict[str, Any] = field(default_factory=dict)
    loss: Tensor | None = None


def take(job: Job, standing: Standing) -> Checkpoint:
    """The checkpoint of this moment."""
    tensors = {f"model/{name}": value for name, value in job.module.state_dict().items()}
    found, optimizer = _optimizer_state(job.optimizer.state_dict())
    tensors |= found | _random_state(job)
    for number, tally in enumerate(job.tallies):
        if tally.total is not None:
            tensors[f"tally/{number}"] = job.world.sum(tally.total.clone()) / job.world.size
    if standing.loss is not None:
        tensors["loss"] = job.world.sum(standing.loss.clone()) / job.world.size
    plain = asdict(standing)
    del plain["loss"]
    state = {
        "standing": plain,
        "optimizer": optimizer,
        "schedule": job.schedule.state(),
        "network": graph_hash(job.graph),
        "data": job.data.checksum,
    }
    return Checkpoint(standing.epoch * job.per_epoch + standing.step, tensors, state)


def restore(job: Job, checkpoint: Checkpoint) -> Standing:
    """Puts a job where the checkpoint was taken. Raises CheckpointError where it belongs to
    another network or other data.
    """
    state, tensors = checkpoint.state, checkpoint.tensors
    if state["network"] != graph_hash(job.graph):
        raise CheckpointError(
            "the checkpoint belongs to another network", "train the changed one in a new folder"
        )
    if state["data"] != job.data.checksum:
        raise CheckpointError(
            "the data have changed since the checkpoint was written",
            "bring the old data back, or train anew in another folder",
        )
    model = below("model/", tensors)
    job.module.load_state_dict(model)
    job.optimizer.load_state_dict(_whole_optimizer_state(state["optimizer"], tensors))
    job.schedule.load(state["schedule"])
    _restore_random(job, tensors)
    for number, tally in enumerate(job.tallies):
        total = tensors.get(f"tally/{number}")
        tally.total = None if total is None else total.to(job.device)
    loss = tensors.get("loss")
    return Standing(**state["standing"], loss=None if loss is None else loss.to(job.device))


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of them."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _optimizer_state(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by `optimizer/<weight>/<name>`, and the rest as plain values."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for weight, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer/{weight}/{name}"] = value
            else:
                plain.setdefault(str(weight), {})[name] = value
    return tensors, {"groups": state["param_groups"], "state": plain}


def _whole_optimizer_state(
    plain: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {}
    for weight, entries in plain["state"].items():
        state.setdefault(int(weight), {}).update(entries)
    for path, value in below("optimizer/", tensors).items():
        weight, _, name = path.partition("/")
        state.setdefault(int(weight), {})[name] = value
    return {"state": state, "param_groups": plain["groups"]}


def _random_state(job: Job) -> dict[str, Tensor]:
    """The generators of all processes, one row each."""
    world = job.world
    states = {"random/cpu": world.gather(torch.get_rng_state())}
    states["random/augment"] = world.gather(job.generator.get_state())
    if world.device.type == "cuda":
        states["random/cuda"] = world.gather(torch.cuda.get_rng_state(world.device))
    return states


def _restore_random(job: Job, tensors: Mapping[str, Tensor]) -> None:
    """Goes on with the same numbers, if there are as many processes on such a device as before."""
    world = job.world
    rows = tensors["random/cpu"]
    if len(rows) != world.size:
        return
    torch.set_rng_state(rows[world.rank])
    augment = tensors["random/augment"][world.rank]
    if augment.numel() == job.generator.get_state().numel():
        job.generator.set_state(augment)
    if world.device.type == "cuda" and "random/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random/cuda"][world.rank], world.device)
