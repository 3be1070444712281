"""PyTorch's recurrent layers, batch first, with plain tensors going in and out.

They are `nn.LSTM`, `nn.GRU` and `nn.RNN` with the same weights and names. Beyond those they drop
recurrent weights while training (`weight_dropout`), may give the last step alone (`last`), and the
last states as well (`states`). A state is [N, units] for a single layer in one direction, else
[layers * directions, N, units].
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

Result = torch.Tensor | tuple[torch.Tensor, ...]


class Lstm(nn.LSTM):
    def __init__(
        self,
        width: int,
        units: int,
        layers: int = 1,
        *,
        weight_dropout: float = 0.0,
        last: bool = False,
        states: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(width, units, layers, batch_first=True, **settings)
        self.weight_dropout, self.last, self.states = weight_dropout, last, states

    def forward(  # type: ignore[override]
        self, x: torch.Tensor, h: torch.Tensor | None = None, c: torch.Tensor | None = None
    ) -> Result:
        first = stacked(self, x, h), stacked(self, x, c)
        if self.training and self.weight_dropout:
            y, h, c = torch.lstm(x, first, *arguments(self))
        else:
            y, (h, c) = super().forward(x, first)
        return result(self, y, h, c)


class Gru(nn.GRU):
    def __init__(
        self,
        width: int,
        units: int,
        layers: int = 1,
        *,
        weight_dropout: float = 0.0,
        last: bool = False,
        states: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(width, units, layers, batch_first=True, **settings)
        self.weight_dropout, self.last, self.states = weight_dropout, last, states

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> Result:  # type: ignore[override]
        first = stacked(self, x, h)
        if self.training and self.weight_dropout:
            y, h = torch.gru(x, first, *arguments(self))
        else:
            y, h = super().forward(x, first)
        return result(self, y, h)


class Rnn(nn.RNN):
    def __init__(
        self,
        width: int,
        units: int,
        layers: int = 1,
        *,
        weight_dropout: float = 0.0,
        last: bool = False,
        states: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(width, units, layers, batch_first=True, **settings)
        self.weight_dropout, self.last, self.states = weight_dropout, last, states

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> Result:  # type: ignore[override]
        first = stacked(self, x, h)
        if self.training and self.weight_dropout:
            run = torch.rnn_tanh if self.nonlinearity == "tanh" else torch.rnn_relu
            y, h = run(x, first, *arguments(self))
        else:
            y, h = super().forward(x, first)
        return result(self, y, h)


def stacked(layer: "Lstm | Gru | Rnn", x: torch.Tensor, state: torch.Tensor | None) -> torch.Tensor:
    """A first state as PyTorch wants it, zeros where none is given."""
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    if state is None:
        return x.new_zeros(count, x.shape[0], layer.hidden_size)
    return (state.unsqueeze(0) if count == 1 else state).contiguous()


def arguments(layer: "Lstm | Gru | Rnn") -> tuple[Any, ...]:
    """What the fused kernels take after input and states, with recurrent weights dropped."""
    weights = [
        F.dropout(weight, layer.weight_dropout)
        if weight is not None and name.startswith("weight_hh")
        else weight
        for name, weight in zip(layer._flat_weights_names, layer._flat_weights, strict=True)
    ]
    sizes = layer.bias, layer.num_layers, layer.dropout
    return weights, *sizes, layer.training, layer.bidirectional, layer.batch_first


def result(layer: "Lstm | Gru | Rnn", y: torch.Tensor, *states: torch.Tensor) -> Result:
    """The sequence or its last step, and the last states if wanted."""
    if layer.last:
        h = states[0]
        y = torch.cat((h[-2], h[-1]), dim=-1) if layer.bidirectional else h[-1]
    if not layer.states:
        return y
    return (y, *(state if len(state) > 1 else state[0] for state in states))
