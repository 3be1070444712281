"""Maxout in PyTorch. The back end `python` copies this source, so it needs torch alone."""

import math
from typing import Any

import torch
from torch import nn


class Maxout(nn.Module):
    """The greatest of `pieces` affine maps, for each of `units`."""

    def __init__(
        self, width: int, units: int, pieces: int = 2, bias: bool = True, **settings: Any
    ) -> None:
        super().__init__()
        self.units, self.pieces = units, pieces
        self.weight = nn.Parameter(torch.empty(units * pieces, width, **settings))
        self.bias = nn.Parameter(torch.empty(units * pieces, **settings)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound(self.weight), bound(self.weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return result(nn.functional.linear(x, self.weight, self.bias), self.units, self.pieces)


def bound(weight: torch.Tensor) -> float:
    return 1 / math.sqrt(max(weight.shape[1], 1))


def result(y: torch.Tensor, units: int, pieces: int) -> torch.Tensor:
    """The greatest piece of each unit."""
    return y.unflatten(-1, (units, pieces)).amax(dim=-1)
