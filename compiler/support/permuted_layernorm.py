"""Layer normalisation over axes that are not the last ones, such as the channels of an image."""

import torch
from torch import nn


class PermutedLayerNorm(nn.LayerNorm):
    """`nn.LayerNorm` on the axes in another order, which is undone afterwards."""

    def __init__(
        self,
        normalized_shape: tuple[int, ...],
        order: tuple[int, ...],
        eps: float = 1e-5,
        *,
        bias: bool = True,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(normalized_shape, eps, bias=bias, dtype=dtype)
        self.order = order
        self.inverse = sorted(range(len(order)), key=order.__getitem__)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(self.order)).permute(self.inverse)
