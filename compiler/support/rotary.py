"""Rotary position embedding."""

import torch


def rotary(
    x: torch.Tensor,
    positions: torch.Tensor | None = None,
    heads: int = 1,
    base: float = 10000.0,
) -> torch.Tensor:
    """Turns features i and i + D / 2 of each head of width D by t * base^(-2 i / D); t counts along
    axis -2, or is what `positions` say, [T] or [N, T].

    The angles are computed in f32 at least: half precision cannot tell far positions apart.
    """
    dtype = torch.promote_types(x.dtype, torch.float32)
    y = x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)
    half = y.shape[-1] // 2
    speeds = base ** (-torch.arange(half, device=x.device, dtype=dtype) / half)
    if positions is None:
        positions = torch.arange(x.shape[-2], device=x.device)
    if positions.dim() == 2 and x.dim() == 4:
        positions = positions[:, None]
    angles = positions.to(dtype)[..., None, None] * speeds
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = y.chunk(2, dim=-1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), dim=-1).flatten(-2)
