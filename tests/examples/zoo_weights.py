"""Moves weights between two modules that compute the same under other names.

Comes in: a reference, one of ours, and inputs for each. Goes out: nothing; ours computes what the
reference does, if it is built the same. Modules are paired in the order in which they run, so that
no names have to be written down.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def move(
    reference: nn.Module,
    ours: nn.Module,
    reference_inputs: Mapping[str, Tensor] | Sequence[Tensor],
    our_inputs: Sequence[Tensor],
    parameters: Mapping[str, Tensor] | None = None,
) -> None:
    """Gives ours the reference's weights, and takes random ones for both.

    `parameters` are those that no layer of the reference owns, by our names. Three projections of
    the reference may be one of ours. Every weight of the reference must find its place.
    """
    given = dict(parameters or {})
    _randomise(reference)
    tied = {id(tensor) for tensor in given.values()}
    called = _owners(reference, reference_inputs)
    waiting = [item for item in called if id(item.weight) not in tied]
    with torch.no_grad():
        for name, tensor in given.items():
            own = ours.get_parameter(name)
            own.copy_(tensor.reshape(own.shape))
        taken = {id(ours.get_parameter(name)) for name in given}
        for module in _owners(ours, our_inputs):
            if id(module.weight) not in taken:
                _copy(_next(waiting, module.weight), module)
    left = [item for item in waiting if item.weight.requires_grad]
    assert not left, f"weights are left over: {left}"


def _owners(module: nn.Module, inputs: Mapping[str, Tensor] | Sequence[Tensor]) -> list[Any]:
    """The modules with a `weight`, in the order of their first call, each weight once."""
    called: list[Any] = []

    def note(item: Any, _: object) -> None:
        if all(item.weight is not other.weight for other in called):
            called.append(item)

    hooks = [
        item.register_forward_pre_hook(note)
        for item in module.modules()
        if isinstance(getattr(item, "weight", None), Tensor)
    ]
    module.eval()
    with torch.no_grad():
        module(**inputs) if isinstance(inputs, Mapping) else module(*inputs)
    for hook in hooks:
        hook.remove()
    return called


def _next(waiting: list[Any], wanted: Tensor) -> list[Any]:
    """The first module, or the first three in a row, whose weight has the shape wanted."""
    for count in (1, 3):
        for start in range(len(waiting) - count + 1):
            parts = waiting[start : start + count]
            if _fits(parts, wanted):
                del waiting[start : start + count]
                return parts
    raise AssertionError(f"the reference has no weight {list(wanted.shape)} for ours")


def _fits(parts: Sequence[Any], wanted: Tensor) -> bool:
    shapes = [_weight(part).shape for part in parts]
    rows = sum(shape[0] for shape in shapes)
    size = sum(shape.numel() for shape in shapes)
    return len(set(shapes)) == 1 and (rows, size) == (wanted.shape[0], wanted.numel())


def _weight(module: Any) -> Tensor:
    """GPT-2's reference keeps its weights transposed."""
    weight: Tensor = module.weight
    return weight.T if type(module).__name__ == "Conv1D" else weight


def _copy(parts: Sequence[Any], ours: Any) -> None:
    ours.weight.copy_(torch.cat([_weight(part) for part in parts]).reshape(ours.weight.shape))
    for name in ("bias", "running_mean", "running_var"):
        own = getattr(ours, name, None)
        theirs = [getattr(part, name, None) for part in parts]
        assert all((item is None) == (own is None) for item in theirs), f"one has no {name}"
        if own is not None:
            own.copy_(torch.cat(theirs))


def _randomise(module: nn.Module) -> None:
    """Weights that keep the scale of what flows, and statistics that are none of a start."""
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.requires_grad:
                continue  # a table that is no weight
            if parameter.dim() > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
            else:
                parameter.add_(0.1 * torch.randn_like(parameter))
        for name, buffer in _statistics(module):
            _ = buffer.normal_(std=0.1) if name == "running_mean" else buffer.uniform_(0.5, 1.5)


def _statistics(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for name, buffer in module.named_buffers():
        last = name.rpartition(".")[2]
        if last in ("running_mean", "running_var"):
            yield last, buffer
