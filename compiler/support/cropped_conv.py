"""Transposed convolutions that cut off other widths on the two sides of an axis."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


class CroppedConvTranspose1d(nn.ConvTranspose1d):
    """`nn.ConvTranspose1d` whose output loses `widths`, the last axis first."""

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

    def forward(self, x: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        y = super().forward(x, output_size)
        return F.pad(y, [-width for width in self.widths])


class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d` whose output loses `widths`, the last axis first."""

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

    def forward(self, x: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        y = super().forward(x, output_size)
        return F.pad(y, [-width for width in self.widths])


class CroppedConvTranspose3d(nn.ConvTranspose3d):
    """`nn.ConvTranspose3d` whose output loses `widths`, the last axis first."""

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

    def forward(self, x: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        y = super().forward(x, output_size)
        return F.pad(y, [-width for width in self.widths])
