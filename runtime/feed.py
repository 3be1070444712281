"""Batches on the device: from tensors that lie there, or streamed from disk.

Comes in: a split of the data, the network's inputs by column, row numbers. Goes out: inputs and
targets as tensors. Small data are moved once and indexed there: a DataLoader would cost as much as
the step of a small network. Streamed batches are read one thread ahead, pinned for CUDA.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..compiler.dims import Axis
from ..compiler.graph import Graph
from ..compiler.types import TensorType
from .data import Dataset, Split
from .errors import DataError

Batch = tuple[dict[str, Tensor], dict[str, Tensor]]
RESIDENT = 2 * 2**30
"""Up to so many bytes a split is kept on an accelerator; on the CPU its arrays lie there anyway."""
AHEAD = 2


class Feed:
    """The rows of one split. `ports` maps the network's inputs to columns."""

    def __init__(self, split: Split, ports: Mapping[str, str], device: torch.device) -> None:
        self.device = device
        self.split = split
        self.ports = ports
        self.rows = len(split)
        self.resident: Batch | None = None
        if split.in_memory and (device.type == "cpu" or _size(split) <= RESIDENT):
            inputs = {port: _moved(split.inputs[name], device) for port, name in ports.items()}
            targets = {name: _moved(column, device) for name, column in split.targets.items()}
            self.resident = inputs, targets

    def batches(self, pieces: Iterable[Tensor]) -> Iterator[Batch]:
        """A batch per tensor of row numbers, which lie on the CPU."""
        return self._streamed(pieces) if self.resident is None else self._indexed(pieces)

    def in_order(self, size: int) -> Iterator[Batch]:
        """All rows from first to last, `size` at a time."""
        return self.batches(torch.split(torch.arange(self.rows), size) if self.rows else ())

    def _indexed(self, pieces: Iterable[Tensor]) -> Iterator[Batch]:
        assert self.resident is not None
        inputs, targets = self.resident
        for rows in pieces:
            rows = rows.to(self.device, non_blocking=True)
            yield (
                {name: column.index_select(0, rows) for name, column in inputs.items()},
                {name: column.index_select(0, rows) for name, column in targets.items()},
            )

    def _streamed(self, pieces: Iterable[Tensor]) -> Iterator[Batch]:
        with ThreadPoolExecutor(1, thread_name_prefix="archc-data") as reader:
            waiting: list[Future[Batch]] = []
            for rows in pieces:
                waiting.append(reader.submit(self._read, rows))
                if len(waiting) > AHEAD:
                    yield self._sent(waiting.pop(0).result())
            for future in waiting:
                yield self._sent(future.result())

    def _read(self, rows: Tensor) -> Batch:
        inputs, targets = self.split.batch(rows.numpy())
        named = {port: inputs[name] for port, name in self.ports.items()}
        return self._pinned(named), self._pinned(targets)

    def _pinned(self, arrays: Mapping[str, Any]) -> dict[str, Tensor]:
        tensors = {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
        if self.device.type != "cuda":
            return tensors
        return {name: tensor.pin_memory() for name, tensor in tensors.items()}

    def _sent(self, batch: Batch) -> Batch:
        inputs, targets = batch
        return self._to_device(inputs), self._to_device(targets)

    def _to_device(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: t.to(self.device, non_blocking=True) for name, t in tensors.items()}


def _size(split: Split) -> int:
    columns: list[Any] = [*split.inputs.values(), *split.targets.values()]
    return sum(int(column.nbytes) for column in columns)


def _moved(column: Any, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(column)).to(device)


def match_ports(graph: Graph, data: Dataset) -> dict[str, str]:
    """Which column each input of the network reads. Raises DataError with the signature to write.

    One input reads the one column there is, whatever the names; several go by name.
    """
    columns = data.train.inputs
    names = [port.name for port in graph.inputs]
    if len(names) == 1 and len(columns) == 1:
        ports = {names[0]: next(iter(columns))}
    else:
        ports = {name: name for name in names}
    missing = next((name for name in ports.values() if name not in columns), None)
    if missing is not None:
        text = f"the network reads `{missing}`, and {data.source} gives {', '.join(columns)}"
        raise DataError(text, _advice(data))
    sizes: dict[str, int] = {}
    for port in graph.inputs:
        column: Any = columns[ports[port.name]]
        reason = _mismatch(graph.values[port.value], column, sizes)
        if reason:
            raise DataError(f"the data do not fit the input `{port.name}`: {reason}", _advice(data))
    return ports


def _advice(data: Dataset) -> str:
    return f"a network that fits: on {data.signature()}"


def _mismatch(type_: TensorType, column: Any, sizes: dict[str, int]) -> str:
    if type_.dtype.numpy != str(column.dtype):
        return f"it wants {type_.dtype}, the data are {column.dtype}"
    shape = list(column.shape)
    text = f"it is {type_}, the data are [{', '.join(('N', *map(str, shape[1:])))}]"
    if type_.rank != len(shape):
        return text
    for wanted, found in list(zip(type_.shape, shape, strict=True))[1:]:
        if isinstance(wanted, Axis):
            # An axis with a name of its own has one size throughout; sums are the network's to
            # check.
            wanted = sizes.setdefault(str(wanted), found) if str(wanted).isidentifier() else found
        if wanted != found:
            return text
    return ""
