"""Gaussian noise in training."""

import torch
from torch import nn


class Noise(nn.Module):
    """x + std * n with n drawn anew for every element in training; x itself in evaluation."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x

    def extra_repr(self) -> str:
        return f"std={self.std}"
