"""The losses, as declared in `declared.py`, and the sum of several: the objective of a training.

Comes in: the choices of a plan, the graph, what the data hold. Goes out: an `Objective`, which
turns the network's outputs and the batch into one number to descend. Whether shapes fit is
settled once, before the first step, so that the loop asks nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..compiler.backends.torch import build
from ..compiler.graph import Graph
from ..compiler.types import TensorType
from .chosen import Chosen, default_part
from .data import Dataset
from .data.dataset import DTYPES, Column
from .errors import DataError
from .own_losses import LossGraph

Tensors = Mapping[str, Tensor]
Values = Mapping[str, Any]
CLASSES = frozenset({"cross_entropy"})
"""The losses whose target counts classes."""


def cross_entropy(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """-log softmax at the right class, the mean over all answers; `ignore` leaves answers out."""
    weights = values["weights"]
    weight = torch.tensor(weights, device=output.device, dtype=output.dtype) if weights else None
    if target.is_floating_point():  # shares of classes, as mixup makes them
        return F.cross_entropy(output, target, weight, label_smoothing=values["smoothing"])
    scores, classes = by_class(output, target, values["axis"])
    return F.cross_entropy(
        scores,
        classes,
        weight,
        ignore_index=values["ignore"],
        label_smoothing=values["smoothing"],
    )


def binary_cross_entropy(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """On logits: sigmoid and logarithm in one, which does not overflow."""
    answers = target.to(output.dtype).reshape(output.shape)
    return F.binary_cross_entropy_with_logits(output, answers)


def mse(output: Tensor, target: Tensor, values: Values) -> Tensor:
    return F.mse_loss(output, target.to(output.dtype).reshape(output.shape))


def mae(output: Tensor, target: Tensor, values: Values) -> Tensor:
    return F.l1_loss(output, target.to(output.dtype).reshape(output.shape))


def huber(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """Huber 1964: quadratic up to `delta`, linear beyond."""
    answers = target.to(output.dtype).reshape(output.shape)
    return F.huber_loss(output, answers, delta=values["delta"])


def ctc(output: Tensor, target: Tensor, values: Values) -> Tensor:
    """Graves et al. 2006 on scores [N, T, C] and labels [N, S], padded behind with `blank` or below
    0.
    """
    blank = values["blank"]
    logarithms = F.log_softmax(output, dim=-1).transpose(0, 1)
    lengths = ((target != blank) & (target >= 0)).sum(dim=1)
    steps = torch.full_like(lengths, output.shape[1])
    return F.ctc_loss(logarithms, target.clamp(min=0), steps, lengths, blank, zero_infinity=True)


Loss = Callable[[Tensor, Tensor, Values], Tensor]
LOSSES: Mapping[str, Loss] = {
    "cross_entropy": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "ctc": ctc,
}


def class_axis(output: Sequence[Any], target: Sequence[Any], axis: int) -> int:
    """Where the classes stand: the axis asked for; else the last, unless only axis 1 leaves the
    shape of the target (a map of classes [N, H, W] from scores [N, C, H, W]).
    """
    if axis:
        return axis % len(output)
    last, first = list(output[:-1]), [output[0], *output[2:]]
    if list(target) == first and (list(target) != last or len(output) > 3):
        return 1
    return len(output) - 1


def by_class(output: Tensor, target: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Scores [M, C] and classes [M], whatever the axes were."""
    if output.ndim == 2 and target.ndim == 1:
        return output, target
    at = class_axis(output.shape, target.shape, axis)
    if at != output.ndim - 1:
        output = output.movedim(at, -1)
    return output.reshape(-1, output.shape[-1]), target.reshape(-1)


@dataclass(frozen=True, slots=True)
class Term:
    """One loss: which output it reads, what that is compared with, and its factor."""

    loss: Loss
    values: Values
    output: int
    target: str
    factor: float

    def __call__(self, outputs: Sequence[Tensor], inputs: Tensors, targets: Tensors) -> Tensor:
        answers = targets[self.target] if self.target in targets else inputs[self.target]
        found = self.loss(outputs[self.output], answers, self.values)
        return found if self.factor == 1.0 else found * self.factor


@dataclass(frozen=True, slots=True)
class OwnTerm:
    """A loss that the file declares as a network: the mean of what that gives, in the precision
    that it declares. `sources` are the numbers of outputs and the names of inputs and answers that
    flow into it; the answer is reshaped where the data have [1] for [] or the reverse.
    """

    network: nn.Module
    dtypes: tuple[torch.dtype, ...]
    sources: tuple[int | str, ...]
    answer: tuple[int, ...] | None
    factor: float

    def __call__(self, outputs: Sequence[Tensor], inputs: Tensors, targets: Tensors) -> Tensor:
        flowing = [self._flowing(source, outputs, inputs, targets) for source in self.sources]
        given = [
            tensor.to(dtype) if tensor.is_floating_point() and dtype.is_floating_point else tensor
            for tensor, dtype in zip(flowing, self.dtypes, strict=True)
        ]
        with torch.autocast(given[0].device.type, enabled=False):
            found: Tensor = self.network(*given).mean()
        return found if self.factor == 1.0 else found * self.factor

    def _flowing(
        self, source: int | str, outputs: Sequence[Tensor], inputs: Tensors, targets: Tensors
    ) -> Tensor:
        if isinstance(source, int):
            return outputs[source]
        if source in inputs:
            return inputs[source]
        answer = targets[source]
        return answer if self.answer is None else answer.reshape(-1, *self.answer)


@dataclass(frozen=True, slots=True)
class Objective:
    """The sum of the terms. `names` say in words what it is, for messages and settings."""

    terms: tuple[Term | OwnTerm, ...]
    names: tuple[str, ...]

    def __call__(self, outputs: Sequence[Tensor], inputs: Tensors, targets: Tensors) -> Tensor:
        found = self.terms[0](outputs, inputs, targets)
        for term in self.terms[1:]:
            found = found + term(outputs, inputs, targets)
        return found


def make_objective(
    chosen: Sequence[Chosen], graph: Graph, data: Dataset, device: torch.device | str = "cpu"
) -> Objective:
    """The losses chosen, or the one that the task calls for. Raises DataError where an output
    cannot be compared with what the data hold.
    """
    losses = tuple(chosen) or (default_part("loss", default_loss(graph, data)),)
    terms = tuple(_term(loss, graph, data, device) for loss in losses)
    return Objective(terms, tuple(map(str, losses)))


def _term(loss: Chosen, graph: Graph, data: Dataset, device: torch.device | str) -> Term | OwnTerm:
    if loss.network is not None:
        return _own_term(loss, loss.network, graph, data, device)
    output, target = ports_of(loss, graph, data)
    term = Term(LOSSES[loss.name], loss.values, output, target, loss.factor)
    _check(loss, term, graph, data)
    return term


def _own_term(
    loss: Chosen, own: LossGraph, graph: Graph, data: Dataset, device: torch.device | str
) -> OwnTerm:
    types = [own.graph.values[port.value] for port in own.graph.inputs]
    outputs = [port.name for port in graph.outputs]
    target, column = next(iter(data.train.targets.items()))
    answer = None
    if "" in own.sources:
        answer = _answer(loss, types[own.sources.index("")], column, data)
    return OwnTerm(
        build(own.graph, device=device),
        tuple(getattr(torch, type_.dtype.torch.removeprefix("torch.")) for type_ in types),
        tuple(outputs.index(name) if name in outputs else name or target for name in own.sources),
        answer,
        loss.factor,
    )


def _answer(
    loss: Chosen, wanted: TensorType, column: Column, data: Dataset
) -> tuple[int, ...] | None:
    """The form of one row's answer if it must be changed. Refuses what the data do not hold."""
    dtype, sizes = DTYPES[str(column.dtype)], list(column.shape[1:])
    declared = list(wanted.shape[1:])
    kinds = wanted.dtype.name == dtype or (wanted.dtype.is_float and dtype == "f32")
    single = declared in ([], [1]) and sizes in ([], [1])
    fits = len(declared) == len(sizes) and all(
        size == there or not isinstance(size, int)
        for size, there in zip(declared, sizes, strict=True)
    )
    if not kinds or wanted.rank == 0 or not (fits or single):
        text = f"its answer is {wanted}, those of the data are {dtype}{_rows(sizes)}"
        _refuse(loss, text, data)
    if fits:
        return None
    return () if declared == [] else (1,)


def default_loss(graph: Graph, data: Dataset) -> str:
    if data.task == "regression":
        return "mse"
    binary = is_single(graph.values[graph.outputs[0].value]) and data.task == "classification"
    return "binary_cross_entropy" if binary else "cross_entropy"


def is_single(output: TensorType) -> bool:
    """Whether an output is one number per row: [N] or [N, 1]."""
    return output.rank == 1 or (output.rank == 2 and output.shape[1] == 1)


def ports_of(part: Chosen, graph: Graph, data: Dataset) -> tuple[int, str]:
    """The number of the output that a loss or metric reads, and the name of what it should be."""
    names = [port.name for port in graph.outputs]
    output = names.index(part.values["of"]) if part.values["of"] else 0
    wanted = part.values["target"]
    if wanted and wanted != "target":
        return output, wanted
    return output, next(iter(data.train.targets))


def _check(loss: Chosen, term: Term, graph: Graph, data: Dataset) -> None:
    """Compares the output's type with the answers."""
    output = graph.values[graph.outputs[term.output].value]
    port = graph.outputs[term.output].name
    if not output.dtype.is_float:
        _refuse(loss, f"the output `{port}` holds {output.dtype}, and a loss needs floats", data)
    split = data.train
    column = split.targets.get(term.target)
    if column is None:
        return
    whole = str(column.dtype).startswith("int")
    if loss.name in ("cross_entropy", "ctc"):
        if not whole:
            _refuse(
                loss, f"{loss.name} needs classes, and `{term.target}` holds real numbers", data
            )
        if loss.name == "cross_entropy":
            _check_classes(loss, output, column.shape, data)
        return
    sizes = [size for size in output.shape[1:] if isinstance(size, int)]
    wanted = list(column.shape[1:])
    one = is_single(output) and wanted in ([], [1])
    if not one and len(sizes) == output.rank - 1 and sizes != wanted:
        _refuse(loss, f"the output `{port}` is {output}, the answers are {_rows(wanted)}", data)
    if loss.name == "binary_cross_entropy" and whole and data.transform.target.classes > 2:
        classes = data.transform.target.classes
        _refuse(loss, f"{loss.name} tells two classes apart, the data have {classes}", data)


def _check_classes(loss: Chosen, output: TensorType, shape: tuple[int, ...], data: Dataset) -> None:
    wanted = data.transform.target.classes
    expected = output.rank == len(shape) + 1
    if not expected:
        text = f"the network answers {output}, the classes are {_rows(list(shape[1:]))}"
        _refuse(loss, text, data)
    axes = output.shape
    found = axes[class_axis(axes, (axes[0], *shape[1:]), loss.values["axis"])]
    if isinstance(found, int) and found < wanted:
        _refuse(loss, f"the network tells {found} classes apart, the data have {wanted}", data)
    weights = loss.values["weights"]
    if weights and len(weights) != found:
        _refuse(loss, f"{len(weights)} weights are given for {found} classes", data)


def _rows(shape: Sequence[int]) -> str:
    return f"[{', '.join(('N', *map(str, shape)))}]"


def _refuse(loss: Chosen, reason: str, data: Dataset) -> None:
    raise DataError(f"{loss.name}: {reason}", f"a network that fits: on {data.signature()}")
