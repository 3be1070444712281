"""Loss and metrics of a network on a split.

Comes in: a module, a feed, an objective, tallies. Goes out: plain numbers by name, `loss` first.
The module is in evaluation mode meanwhile, and no random number is drawn.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from .feed import Batch, Feed
from .losses import Objective
from .metrics import Tally

LARGEST = 1024
Numbers = dict[str, float | None]


def as_outputs(found: Any) -> tuple[Tensor, ...]:
    """What a network gives, as a tuple: one output comes as a tensor."""
    return found if isinstance(found, tuple) else (found,)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients, and back."""
    before = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        module.train(before)


def evaluate(
    module: nn.Module,
    feed: Feed,
    objective: Objective,
    tallies: Sequence[Tally],
    batch: int,
    cast: AbstractContextManager[Any] | None = None,
) -> Numbers:
    """Numbers over all rows of a feed; an empty one gives none."""
    if not feed.rows:
        return {}
    return measure(module, feed.in_order(min(batch, LARGEST)), objective, tallies, cast)


def measure(
    module: nn.Module,
    batches: Iterator[Batch],
    objective: Objective,
    tallies: Sequence[Tally],
    cast: AbstractContextManager[Any] | None = None,
) -> Numbers:
    """As `evaluate`, for any batches. The loss is the mean over rows."""
    for tally in tallies:
        tally.reset()
    total: Tensor | None = None
    rows = 0
    cast = cast or nullcontext()
    with evaluating(module):
        for inputs, targets in batches:
            with cast:
                outputs = as_outputs(module(*inputs.values()))
                loss = objective(outputs, inputs, targets)
            count = len(next(iter(inputs.values())))
            weighted = loss.float() * count
            total = weighted if total is None else total + weighted
            rows += count
            for tally in tallies:
                tally.add(outputs, inputs, targets)
    if total is None:
        return {}
    return numbers(float(total) / rows, tallies)


def numbers(loss: float, tallies: Sequence[Tally]) -> Numbers:
    """Plain numbers for JSON, which knows no nan: None stands for it."""
    found = {"loss": loss} | {tally.name: tally.value() for tally in tallies}
    return {name: value if math.isfinite(value) else None for name, value in found.items()}
