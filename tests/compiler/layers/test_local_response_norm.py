"""Normalising over neighbouring channels, whatever the rank, dtype and layout."""

import archc
import pytest
import torch
from torch.nn import functional as F


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 6), (7, 3, 4, 5)])
@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16"])
def test_it_runs_on_a_cpu_in_every_dtype(shape: tuple[int, ...], dtype: str) -> None:
    """PyTorch itself has no kernel for images and volumes of half precision."""
    sizes = ", ".join(map(str, shape))
    text = f"network Net on x: {dtype}[N, {sizes}] {{ x -> local_response_norm(3, alpha=0.5) }}"
    module = archc.compile(text).torch()
    exact = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    kinds = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
    x = exact.to(kinds[dtype]).requires_grad_()
    y = module(x)
    y.float().sum().backward()
    assert y.dtype == x.dtype and x.grad is not None and x.grad.isfinite().all()
    wanted = F.local_response_norm(x.detach().float(), 3, alpha=0.5)
    torch.testing.assert_close(y.float(), wanted, rtol=0.0 if dtype == "f32" else 0.02, atol=0.02)


def test_reordered_axes_change_nothing() -> None:
    module = archc.compile(
        "network Net on x: f32[N, 4, 5, 6] { x -> local_response_norm(3) }"
    ).torch()
    x = torch.randn(2, 5, 6, 4).permute(0, 3, 1, 2)
    torch.testing.assert_close(module(x), module(x.contiguous()), rtol=0, atol=0)
