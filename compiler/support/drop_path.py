"""Stochastic depth: whole examples of a batch are dropped while training."""

import torch
from torch import nn


class DropPath(nn.Module):
    """Zeroes each example with probability `rate` while training, and scales the others by 1 / (1
    - rate).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0:
            return x
        kept = torch.rand((x.shape[0],) + (1,) * (x.ndim - 1), device=x.device) >= self.rate
        return x * kept.to(x.dtype) / (1 - self.rate)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"
