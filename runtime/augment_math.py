"""The mathematics of augmentations: draws per image, windows, and images read at other places.

Comes in: batches [N, ...] and a generator. Goes out: tensors on the same device; nothing is
written in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import torch

if TYPE_CHECKING:
    Tensor = torch.Tensor


TINY = 1e-37
"""What stands for zero where a logarithm is taken."""


def uniform(batch: Tensor, generator: torch.Generator) -> Tensor:
    """[N] in 0 to below 1, of the batch's type."""
    drawn = torch.rand(len(batch), generator=generator, device=batch.device)
    return drawn.to(batch.dtype)


def whole(batch: Tensor, top: int, generator: torch.Generator) -> Tensor:
    """i64 [N] from 0 to below `top`."""
    return torch.randint(top, (len(batch),), generator=generator, device=batch.device)


def along(values: Tensor, batch: Tensor) -> Tensor:
    """[N] as [N, 1, …], to be used with the batch."""
    return values.reshape(-1, *[1] * (batch.dim() - 1)).to(batch.dtype)


def chance(batch: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """bool [N, 1, …]: true with this probability for each row."""
    drawn = torch.rand(len(batch), generator=generator, device=batch.device)
    return (drawn < probability).reshape(-1, *[1] * (batch.dim() - 1))


def beta(batch: Tensor, alpha: float, generator: torch.Generator) -> Tensor:
    """[N] from Beta(alpha, alpha), as X / (X + Y) of two gammas, by their logarithms.

    torch's own samplers of Beta and Gamma take no generator.
    """
    logs = [gamma_log(batch, alpha, generator) for _ in range(2)]
    return torch.sigmoid(logs[0] - logs[1]).to(batch.dtype)


def gamma_log(batch: Tensor, alpha: float, generator: torch.Generator) -> Tensor:
    """f32 [N]: logarithms of Gamma(alpha), up to a constant, by Marsaglia and Tsang 2000 with the
    boost for alpha below 1.

    Sixteen tries per row are drawn at once and the first accepted is taken: each is accepted with
    a probability above 0.95, so that the chance of a row without one is below 1e-20.
    """
    device = batch.device
    normal = torch.randn(len(batch), 16, generator=generator, device=device)
    accept = torch.rand(len(batch), 16, generator=generator, device=device)
    boost = torch.rand(len(batch), generator=generator, device=device)
    d = alpha + 1 - 1 / 3
    v = (1 + normal / (9 * d) ** 0.5) ** 3
    log_v = torch.log(v.clamp_min(TINY))
    good = (v > 0) & (torch.log(accept) < normal**2 / 2 + d - d * v + d * log_v)
    first = good.to(torch.int8).argmax(dim=1, keepdim=True)
    return log_v.gather(1, first)[:, 0] + torch.log(boost.clamp_min(TINY)) / alpha


def window(
    images: Tensor, height: int | Tensor, width: int | Tensor, generator: torch.Generator
) -> Tensor:
    """bool [N, 1, H, W]: a rectangle in each image, wholly inside it, its place uniform."""
    inside = []
    for size, side in zip(images.shape[-2:], (height, width), strict=True):
        drawn = torch.rand(len(images), generator=generator, device=images.device)
        first = (drawn * (size - side + 1)).long()[:, None]
        position = torch.arange(size, device=images.device)
        inside.append((position >= first) & (position < first + side))
    return inside[0][:, None, :, None] & inside[1][:, None, None, :]


def moved(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Images moved by whole pixels [N], zeros behind them."""
    height, width = images.shape[-2:]
    rows = torch.arange(height, device=images.device) - down[:, None]
    columns = torch.arange(width, device=images.device) - right[:, None]
    seen = ((rows >= 0) & (rows < height))[:, None, :, None]
    seen = seen & ((columns >= 0) & (columns < width))[:, None, None, :]
    number = torch.arange(len(images), device=images.device)[:, None, None]
    at = number, rows.clamp(0, height - 1)[:, :, None], columns.clamp(0, width - 1)[:, None, :]
    # Indexing beside the channels puts them last: [N, H, W, C].
    picked = images.permute(0, 2, 3, 1)[at].permute(0, 3, 1, 2)
    return torch.where(seen, picked, torch.zeros_like(picked))


def resampled(images: Tensor, matrix: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Images read at places given by 2x2 matrices [N] around the middle, bilinear, zeros
    outside."""
    none = torch.zeros_like(matrix[0])
    rows = torch.stack([matrix[0], matrix[1], none, matrix[2], matrix[3], none], dim=1)
    grid = torch.nn.functional.affine_grid(
        rows.reshape(-1, 2, 3), list(images.shape), align_corners=False
    )
    return torch.nn.functional.grid_sample(images, grid, align_corners=False)
