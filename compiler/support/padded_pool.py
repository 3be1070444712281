"""Pooling with a padding that PyTorch's own cannot say: unlike on both sides, or above half the
kernel.

Widths stand in the order of `F.pad`, the last axis first.
"""

import torch
from torch.nn import functional as F


def max_pool(
    x: torch.Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    widths: tuple[int, ...],
    dilation: tuple[int, ...],
) -> torch.Tensor:
    """The maximum over windows, after padding by `widths` with what never wins."""
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(kernel) - 1]
    y: torch.Tensor = pool(F.pad(x, widths, value=float("-inf")), kernel, stride, 0, dilation)
    return y


def avg_pool(
    x: torch.Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    widths: tuple[int, ...],
    overhang: tuple[int, ...],
    *,
    count_padding: bool,
) -> torch.Tensor:
    """The mean over windows after padding by zeros.

    The zeros of `widths` are elements where `count_padding` says so, those of `overhang` never are.
    """
    pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(kernel) - 1]
    y: torch.Tensor = pool(F.pad(F.pad(x, widths), overhang), kernel, stride)
    if count_padding and not any(overhang):
        return y
    elements = F.pad(torch.ones_like(x[:1, :1]), widths, value=float(count_padding))
    return y / pool(F.pad(elements, overhang), kernel, stride)
