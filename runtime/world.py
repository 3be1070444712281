"""The processes that train together: one, or those that torchrun started.

Comes in: the environment that torchrun sets. Goes out: a `World`: which process this is, and the
few things that all of them must agree on. May be assumed: with one process nothing is communicated.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from .device import pick_device
from .errors import DataError


@dataclass(frozen=True, slots=True)
class World:
    """`rank` of `size` processes; rank 0 leads: it alone writes files and talks."""

    rank: int = 0
    size: int = 1
    device: torch.device = torch.device("cpu")

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, value: Any) -> Any:
        """The leader's value, in all processes."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Which flags are up in at least one process."""
        if self.size == 1:
            return flags
        raised = torch.tensor([float(flag) for flag in flags], device=self.device)
        dist.all_reduce(raised, op=dist.ReduceOp.MAX)
        return tuple(bool(flag) for flag in raised.tolist())

    def gather(self, state: Tensor) -> Tensor:
        """The byte tensors of all processes, one per row, on the CPU."""
        if self.size == 1:
            return state[None].clone()
        mine = state.to(self.device)
        rows = [torch.empty_like(mine) for _ in range(self.size)]
        dist.all_gather(rows, mine)
        return torch.stack(rows).cpu()

    def synchronise(self, module: nn.Module) -> None:
        """Gives all processes the leader's buffers, such as the averages of a batch norm."""
        if self.size > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)

    def my_rows(self, rows: Tensor) -> Tensor:
        """This process's part of a batch, whose size is a multiple of `size`."""
        if self.size == 1:
            return rows
        part = len(rows) // self.size
        return rows[self.rank * part : (self.rank + 1) * part]


@contextmanager
def joined(wanted: str = "auto") -> Iterator[World]:
    """The world this process belongs to, on the device asked for. Raises DeviceError."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World(device=pick_device(wanted))
        return
    device = pick_device(wanted)
    if str(device) == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    mine = not dist.is_initialized()
    if mine:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size(), device)
    finally:
        if mine:
            dist.destroy_process_group()


def batch_for(world: World, rows: int, batch: int, accumulate: int) -> int:
    """The size of a batch that the rows fill at least once. Raises DataError where the processes
    cannot share it.
    """
    size = min(batch, rows // accumulate)
    if size < 1:
        raise DataError(
            f"{rows} rows do not make {accumulate} batches", "use a smaller `accumulate`"
        )
    if size % world.size:
        raise DataError(
            f"a batch of {size} rows cannot be dealt to {world.size} processes",
            f"set `batch` to a multiple of {world.size}",
        )
    return size
