"""Pooling with a padding that PyTorch's own cannot say: other widths on the two sides, or above half the kernel."""

import torch
from torch.nn import functional as F


def max_pool(
    x: torch.Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    widths: tuple[int, ...],
    *,
    ceil: bool,
    dilation: tuple[int, ...],
) -> torch.Tensor:
    """The maximum over windows, after padding by `widths` (the last axis first) with what never wins."""
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(kernel) - 1]
    padded = F.pad(x, widths, value=float("-inf"))
    y: torch.Tensor = pool(padded, kernel, stride, 0, dilation, ceil)
    return _starting_inside(y, x, stride, widths)


def avg_pool(
    x: torch.Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    widths: tuple[int, ...],
    *,
    ceil: bool,
    count_padding: bool,
) -> torch.Tensor:
    """The mean over windows, after padding by `widths` (the last axis first) with zeros, which count or do not."""
    pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(kernel) - 1]
    y: torch.Tensor = pool(F.pad(x, widths), kernel, stride, 0, ceil)
    if not count_padding:
        y = y / pool(F.pad(torch.ones_like(x[:1, :1]), widths), kernel, stride, 0, ceil)
    return _starting_inside(y, x, stride, widths)


def _starting_inside(
    y: torch.Tensor, x: torch.Tensor, stride: tuple[int, ...], widths: tuple[int, ...]
) -> torch.Tensor:
    """Without the windows that start after the input, which rounding up makes."""
    for index, step in enumerate(reversed(stride)):
        axis = -1 - index
        most = (x.shape[axis] + widths[2 * index] - 1) // step + 1
        if y.shape[axis] > most:
            y = y.narrow(axis, 0, most)
    return y
