"""A module run along a sequence."""

from collections.abc import Sequence

import torch
from torch import nn

Size = int | tuple[int, int]
"""A number, or a sequence and an axis of it."""


class Scan(nn.Module):
    """Applies `body` at every step of axis 1 and hands its states from step to step.

    `body` takes one step of each of `sequences` inputs and then the states, and gives `outputs`
    tensors and then the next states. `zeros` lists the shape and dtype of each state, for calls
    without first states. Children, parameters and buffers are the body's own: their names gain no
    prefix.
    """

    body: nn.Module

    def __init__(
        self,
        body: nn.Module,
        sequences: int,
        outputs: int,
        zeros: Sequence[tuple[Sequence[Size], torch.dtype]] = (),
    ) -> None:
        super().__init__()
        object.__setattr__(self, "body", body)  # no child, which would be registered as "body"
        self._modules = body._modules
        self._parameters = body._parameters
        self._buffers = body._buffers
        self._non_persistent_buffers_set = body._non_persistent_buffers_set
        self.sequences, self.outputs, self.zeros = sequences, outputs, zeros

    def forward(
        self,
        *inputs: torch.Tensor,
        reverse: bool = False,
        last: bool = False,
        give_states: bool = False,
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """The inputs are the sequences, then first states or none; `reverse` starts at the end."""
        sequences = inputs[: self.sequences]
        states = inputs[self.sequences :] or self.zero_states(sequences)
        turns = list(zip(*(x.unbind(1) for x in sequences), strict=True))
        steps: list[tuple[torch.Tensor, ...]] = []
        for step in reversed(turns) if reverse else turns:
            found = self.body(*step, *states)
            found = found if isinstance(found, tuple) else (found,)
            steps.append(found[: self.outputs])
            states = found[self.outputs :]
        results = steps[-1] if last else in_time(steps[::-1] if reverse else steps)
        if give_states:
            results = (*results, *states)
        return results if len(results) > 1 else results[0]

    def zero_states(self, sequences: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        return tuple(
            sequences[0].new_zeros([size_of(size, sequences) for size in shape], dtype=dtype)
            for shape, dtype in self.zeros
        )

    def train(self, mode: bool = True) -> "Scan":
        self.body.train(mode)
        return super().train(mode)


def size_of(size: Size, sequences: Sequence[torch.Tensor]) -> int:
    if isinstance(size, int):
        return size
    index, axis = size
    return sequences[index].shape[axis]


def in_time(steps: list[tuple[torch.Tensor, ...]]) -> tuple[torch.Tensor, ...]:
    """Each output over all steps."""
    return tuple(torch.stack(values, dim=1) for values in zip(*steps, strict=True))
