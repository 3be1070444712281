"""Making layers with and without the draws of their initial weights.

Comes in: a class of layers and its arguments. Goes out: a layer, with weights drawn or as memory
was. Other threads, and the generators that programs use, notice nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Seeds the CPU's generator alone, and puts it back afterwards."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)


_DRAWS = frozenset(
    getattr(torch.Tensor, name)
    for name in ("bernoulli_", "exponential_", "log_normal_", "normal_", "random_", "uniform_")
) | frozenset(
    getattr(nn.init, name)
    for name in dir(nn.init)
    if name.endswith("_")
    and name.startswith(("kaiming", "normal", "orthogonal", "sparse", "trunc", "uniform", "xavier"))
)


class _Undrawn(TorchFunctionMode):
    """Skips random draws into tensors in this thread alone; constants and buffers are set."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _DRAWS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def drawn(kind: type[nn.Module], args: Sequence[Any], kwargs: Mapping[str, Any]) -> nn.Module:
    return kind(*args, **kwargs)


def undrawn(kind: type[nn.Module], args: Sequence[Any], kwargs: Mapping[str, Any]) -> nn.Module:
    """A layer with right buffers whose weights hold whatever was in memory."""
    if not kind.__module__.startswith("torch.nn.modules."):
        with _Undrawn():
            return kind(*args, **kwargs)
    # PyTorch's own layers draw in `reset_parameters` alone, after they have set their buffers.
    made: nn.Module = _without_reset(kind)(*args, **kwargs)  # type: ignore[arg-type]
    object.__setattr__(made, "__class__", kind)  # past the slow one of nn.Module
    return made


@cache
def _without_reset(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})
