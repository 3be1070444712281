"""The metrics, as declared in `declared.py`: sums that grow with every batch, then a number.

Comes in: a choice, outputs and answers. Goes out: a `Tally` per metric. Sums stay on the device, so
that no step waits for a number. `auc` keeps every score and is therefore not measured while
training.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..compiler.graph import Graph
from .chosen import Chosen, default_part
from .data import Dataset
from .errors import DataError
from .losses import Tensors, by_class, is_single, ports_of

Values = Mapping[str, Any]
IGNORED = -100


def _scores(output: Tensor, target: Tensor, values: Values) -> tuple[Tensor, Tensor]:
    """Scores [M, C] and classes [M] without those that are ignored; one logit becomes two."""
    if output.numel() == target.numel():
        logit = output.reshape(-1)
        return torch.stack((torch.zeros_like(logit), logit), -1), target.reshape(-1)
    return by_class(output, target, values["axis"])


def _accuracy(output: Tensor, target: Tensor, values: Values) -> Tensor:
    scores, classes = _scores(output, target, values)
    right = (scores.argmax(-1) == classes).sum()
    return torch.stack((right, (classes != IGNORED).sum()))


def _top5(output: Tensor, target: Tensor, values: Values) -> Tensor:
    scores, classes = _scores(output, target, values)
    best = scores.topk(min(5, scores.shape[-1]), dim=-1).indices
    right = (best == classes[:, None]).any(-1).sum()
    return torch.stack((right, (classes != IGNORED).sum()))


def _entropy(output: Tensor, target: Tensor, values: Values) -> Tensor:
    scores, classes = _scores(output, target, values)
    total = F.cross_entropy(scores.float(), classes, reduction="sum", ignore_index=IGNORED)
    return torch.stack((total, (classes != IGNORED).sum().to(total.dtype)))


def _squares(output: Tensor, target: Tensor, values: Values) -> Tensor:
    distance = output.float() - target.to(torch.float32).reshape(output.shape)
    return torch.stack((distance.square().sum(), _count(distance)))


def _distances(output: Tensor, target: Tensor, values: Values) -> Tensor:
    distance = output.float() - target.to(torch.float32).reshape(output.shape)
    return torch.stack((distance.abs().sum(), _count(distance)))


def _count(values: Tensor) -> Tensor:
    return torch.full((), float(values.numel()), device=values.device)


def _confusion(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """How often class i (row) was taken for class j."""
    scores, classes = _scores(output, target, values)
    count = scores.shape[-1]
    known = classes != IGNORED
    pairs = torch.where(known, classes * count + scores.argmax(-1), count * count)
    return torch.bincount(pairs, minlength=count * count + 1)[:-1].reshape(count, count)


def _chances(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """Softmax and class side by side, [M, C + 1]."""
    scores, classes = _scores(output, target, values)
    kept = classes != IGNORED
    chances = scores.double().softmax(-1)
    return torch.cat((chances, classes[:, None].double()), -1)[kept]


def _share(total: Tensor) -> float:
    return float(total[0] / total[1]) if total[1] else math.nan


def _exponential(total: Tensor) -> float:
    mean = _share(total)
    return math.exp(mean) if mean < 700 else math.inf


def _f1(confusion: Tensor) -> float:
    """Of the second class where there are two, else the mean over the classes that occur, be it
    only as a guess, which is then wrong.
    """
    right = confusion.diagonal()
    both = confusion.sum(0) + confusion.sum(1)
    scores = torch.where(both > 0, 2 * right / both.clamp(min=1), torch.zeros_like(right))
    if len(confusion) == 2:
        return float(scores[1])
    occurs = both > 0
    return float(scores[occurs].mean()) if bool(occurs.any()) else math.nan


def _auc(rows: Tensor) -> float:
    """The share of pairs in the right order (Mann and Whitney 1947), ties as a half; one class
    against the rest and the mean where there are more than two.
    """
    chances, classes = rows[:, :-1], rows[:, -1].long()
    wanted = [1] if chances.shape[1] == 2 else range(chances.shape[1])
    areas = [_area(chances[:, kind], classes == kind) for kind in wanted]
    known = [area for area in areas if not math.isnan(area)]
    return sum(known) / len(known) if known else math.nan


def _area(scores: Tensor, positive: Tensor) -> float:
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if not ones or not zeros:
        return math.nan
    _, place, counts = torch.unique(scores, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    ranks = (ends - (counts - 1) / 2)[place]
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


Step = Callable[[Tensor, Tensor, Values], Tensor]
Finish = Callable[[Tensor], float]
METRICS: Mapping[str, tuple[Step, Finish]] = {
    "accuracy": (_accuracy, _share),
    "top5": (_top5, _share),
    "perplexity": (_entropy, _exponential),
    "bits_per_char": (_entropy, lambda total: _share(total) / math.log(2)),
    "mse": (_squares, _share),
    "mae": (_distances, _share),
    "f1": (_confusion, _f1),
    "auc": (_chances, _auc),
}
KEEPS_ROWS = frozenset({"auc"})
NUMBERS = frozenset({"mse", "mae"})
LOWER_IS_BETTER = frozenset({"loss", "mse", "mae", "perplexity", "bits_per_char"})


class Tally:
    """One metric over many batches."""

    def __init__(self, chosen: Chosen, output: int, target: str, name: str) -> None:
        self.name = name
        self.output = output
        self.target = target
        self.values = chosen.values
        self.step, self.finish = METRICS[chosen.name]
        self.keeps_rows = chosen.name in KEEPS_ROWS
        self.total: Tensor | None = None
        self._rows: list[Tensor] = []

    def reset(self) -> None:
        self.total = None
        self._rows = []

    def add(self, outputs: Sequence[Tensor], inputs: Tensors, targets: Tensors) -> None:
        answers = targets[self.target] if self.target in targets else inputs[self.target]
        found = self.step(outputs[self.output].detach(), answers, self.values)
        if self.keeps_rows:
            self._rows.append(found)
            return
        # Counts and sums grow beyond what f32 counts exactly; Metal knows no f64.
        wide = torch.float32 if found.device.type == "mps" else torch.float64
        found = found.to(wide)
        self.total = found if self.total is None else self.total.add_(found)

    def value(self) -> float:
        if self.keeps_rows:
            return self.finish(torch.cat(self._rows).cpu()) if self._rows else math.nan
        return math.nan if self.total is None else self.finish(self.total.cpu().double())


def default_metric(graph: Graph, data: Dataset) -> str:
    if data.task == "regression":
        return "mae"
    return "bits_per_char" if data.source == "text" else "accuracy"


def make_tallies(chosen: Sequence[Chosen], graph: Graph, data: Dataset) -> list[Tally]:
    """A tally per metric chosen, or for the one that the task calls for."""
    metrics = tuple(chosen) or (default_part("metric", default_metric(graph, data)),)
    tallies: list[Tally] = []
    for metric in metrics:
        output, target = ports_of(metric, graph, data)
        _check(metric, output, target, graph, data)
        taken = {tally.name for tally in tallies}
        name = metric.name
        if name in taken:
            name = f"{name}_{graph.outputs[output].name}"
        while name in taken:
            name += "_"
        tallies.append(Tally(metric, output, target, name))
    return tallies


def _check(metric: Chosen, output: int, target: str, graph: Graph, data: Dataset) -> None:
    """Classes need scores for them, distances numbers."""
    type_ = graph.values[graph.outputs[output].value]
    column = data.train.targets.get(target)
    if column is None:
        if metric.name not in NUMBERS:
            raise DataError(f"{metric.name}: `{target}` is an input, which holds no classes")
        return
    whole = str(column.dtype).startswith("int")
    if metric.name not in NUMBERS and not whole:
        raise DataError(
            f"{metric.name} counts classes, and `{target}` holds real numbers",
            "for numbers there are mse and mae",
        )
    if metric.name in NUMBERS and whole and not is_single(type_):
        raise DataError(
            f"{metric.name} measures distances between numbers, and `{target}` holds classes",
            "for classes there are accuracy, top5, f1 and auc",
        )
