"""How long a network takes for one example, measured on the device.

Comes in: a graph. Goes out: milliseconds, the median of several passes of one example with random
inputs, in evaluation mode. May be assumed: whoever compares such numbers measures them on the same
device while it does nothing else.
"""

import time
from collections.abc import Mapping
from statistics import median

import torch
from torch import Tensor, nn

from ..compiler import cost
from ..compiler.backends.torch import build
from ..compiler.backends.torch.targets import resolve
from ..compiler.graph import Graph
from ..compiler.samples import integer_bound
from .device import device_name, pick_device
from .evaluate import evaluating

WARM, TIMES = 3, 20


def latency(graph: Graph, device: str = "cpu", axes: Mapping[str, int] | None = None) -> float:
    """Milliseconds for one example. Raises UnknownSizes where an axis has no size."""
    place = pick_device(device)
    sizes = {**cost.sizes_of(graph), **(axes or {})}
    module = build(graph, device=place, init=True)
    inputs = [_input(graph, port.value, sizes).to(place) for port in graph.inputs]
    with evaluating(module):
        for _ in range(WARM):
            module(*inputs)
        return 1e3 * median(_seconds(module, inputs, place) for _ in range(TIMES))


def _input(graph: Graph, value: int, sizes: Mapping[str, int]) -> Tensor:
    kind = graph.values[value]
    shape = tuple(cost.exact("the inputs", cost.settle(size, sizes)) for size in kind.shape)
    dtype = resolve(kind.dtype.torch)
    if kind.dtype.is_float:
        return torch.randn(shape).to(dtype)
    high = 2 if kind.dtype.is_bool else integer_bound(graph, value, sizes)
    return torch.randint(high, shape).to(dtype)


def _seconds(module: nn.Module, inputs: list[Tensor], device: torch.device) -> float:
    begun = time.perf_counter()
    module(*inputs)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begun


def measured_on(device: str) -> str:
    """The device that latencies belong to, as a text: it is a part of a trial's identity."""
    return device_name(pick_device(device))
