"""Convolutions whose padding differs between the two sides of an axis, which PyTorch lacks."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


class PaddedConv1d(nn.Conv1d):
    """`nn.Conv1d` after `F.pad` by `widths`, the last axis first."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, ...],
        widths: tuple[int, ...],
        **settings: Any,
    ) -> None:
        super().__init__(channels, filters, kernel, **settings)  # type: ignore[arg-type]
        self.widths = widths

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.widths))


class PaddedConv2d(nn.Conv2d):
    """`nn.Conv2d` after `F.pad` by `widths`, the last axis first."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, ...],
        widths: tuple[int, ...],
        **settings: Any,
    ) -> None:
        super().__init__(channels, filters, kernel, **settings)  # type: ignore[arg-type]
        self.widths = widths

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.widths))


class PaddedConv3d(nn.Conv3d):
    """`nn.Conv3d` after `F.pad` by `widths`, the last axis first."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, ...],
        widths: tuple[int, ...],
        **settings: Any,
    ) -> None:
        super().__init__(channels, filters, kernel, **settings)  # type: ignore[arg-type]
        self.widths = widths

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.widths))
