"""A trained network on data it may not have seen.

Comes in: a `Trained`, the name of a split or a path. Goes out: loss and metrics. Files go through
the transform that was learned in training.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import torch

from ..compiler.graph import Graph
from .data import Dataset, RawBatch, Split, Transform, read_raw
from .data.dataset import SPLITS
from .errors import DataError
from .evaluate import Numbers, evaluate, measure
from .feed import Batch, Feed, match_ports
from .job import cast_for
from .losses import make_objective
from .metrics import make_tallies
from .model import Trained
from .plan import Plan, make_plan
from .train import load_data


def test(
    trained: Trained, data: str = "test", overrides: Mapping[str, str] | None = None
) -> tuple[Numbers, int]:
    """Metrics, and the number of rows. Raises DataError where there is nothing to measure on."""
    plan = make_plan(trained.checked, trained.graph, None, overrides)
    if data in SPLITS:
        return _split(trained, plan, data)
    path = Path(data)
    if trained.transform is None:
        raise DataError(
            "the weights do not say what their data were like, so a file cannot be read as it was",
            "measure on a split: --data test",
        )
    return _file(trained, trained.transform, plan, path)


def _split(trained: Trained, plan: Plan, name: str) -> tuple[Numbers, int]:
    data = load_data(plan, trained.root)
    ports = match_ports(trained.graph, data)
    feed = Feed(data.splits[name], ports, trained.device)
    if not feed.rows:
        raise DataError(f"{data.source} has no {name} rows", "name another split, or a file")
    objective = make_objective(plan.losses, trained.graph, data, trained.device)
    tallies = make_tallies(plan.metrics, trained.graph, data)
    cast = cast_for(plan.precision, trained.device)
    found = evaluate(trained.module, feed, objective, tallies, plan.batch, cast)
    return found, feed.rows


def _file(trained: Trained, transform: Transform, plan: Plan, path: Path) -> tuple[Numbers, int]:
    batches = read_raw(path, transform, plan.batch, targets=True)
    first = next(batches, None)
    if first is None:
        raise DataError(f"{path.name} holds no rows")
    sample = Split(first.inputs, first.targets or {})
    # What fits the first batch fits the others: they come through the same transform.
    data = Dataset(path.name, dict.fromkeys(SPLITS, sample), transform, "")
    ports = match_ports(trained.graph, data)
    objective = make_objective(plan.losses, trained.graph, data, trained.device)
    tallies = make_tallies(plan.metrics, trained.graph, data)
    counter = _Counter(trained.graph, ports, trained.device)
    cast = cast_for(plan.precision, trained.device)
    moved = counter.moved(chain([first], batches))
    found = measure(trained.module, moved, objective, tallies, cast)
    return found, counter.rows


class _Counter:
    """Moves batches to the device, and counts their rows."""

    def __init__(self, graph: Graph, ports: Mapping[str, str], device: torch.device) -> None:
        self.ports = ports
        self.device = device
        self.rows = 0

    def moved(self, batches: Iterator[RawBatch]) -> Iterator[Batch]:
        for batch in batches:
            self.rows += len(batch.names)
            inputs = {port: batch.inputs[name] for port, name in self.ports.items()}
            targets = batch.targets or {}
            yield (
                {name: torch.from_numpy(a).to(self.device) for name, a in inputs.items()},
                {name: torch.from_numpy(a).to(self.device) for name, a in targets.items()},
            )
