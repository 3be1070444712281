"""Scaled dot-product attention whose heads lie side by side in the last axis."""

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    """`F.scaled_dot_product_attention` on [N, T, D]; it has no weights.

    Dropout acts in training. A mask has 2, 3 or 4 axes; true, or a float added to a score, lets a
    query read a key.
    """

    def __init__(
        self,
        heads: int,
        *,
        kv_heads: int | None = None,
        causal: bool = False,
        dropout: float = 0.0,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.kv_heads = heads if kv_heads is None else kv_heads
        self.causal = causal
        self.dropout = dropout
        self.scale = scale

    def forward(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        y = F.scaled_dot_product_attention(
            split_heads(q, self.heads),
            split_heads(k, self.kv_heads),
            split_heads(v, self.kv_heads),
            attn_mask=None if mask is None else self.full_mask(q, k, mask),
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=self.causal and mask is None,
            scale=self.scale,
            enable_gqa=self.kv_heads != self.heads,
        )
        return y.transpose(1, 2).flatten(2)

    def full_mask(self, q: torch.Tensor, k: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The mask with an axis for heads; it holds the order too, as PyTorch takes one of both."""
        if mask.dim() == 3:
            mask = mask.unsqueeze(1)
        if not self.causal:
            return mask
        order = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool, device=q.device).tril()
        if mask.dtype == torch.bool:
            return mask & order
        return mask.masked_fill(~order, float("-inf"))

    def extra_repr(self) -> str:
        return f"heads={self.heads}, kv_heads={self.kv_heads}, causal={self.causal}"


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    """[N, T, heads * D] -> [N, heads, T, D]."""
    return x.reshape(x.shape[0], x.shape[1], heads, x.shape[2] // heads).transpose(1, 2)
