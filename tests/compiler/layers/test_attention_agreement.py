"""Attention four ways: PyTorch's kernels, the formula head by head, the written source and ONNX.

`run` holds source and ONNX Runtime (opsets before and after ONNX's own `Attention`) against the
module; here the module is held against the kernels by name and against the formula, for heads in
groups, orders, masks of both kinds and rotary positions, at two lengths.
"""

import math

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

WIDTH = 4
LENGTHS = [(3, 5), (6, 6)]
MASKS = {
    "none": None,
    "allowed": "bool[T, S]",
    "allowed_each": "bool[N, T, S]",
    "allowed_heads": "bool[N, {heads}, T, S]",
    "added": "f32[T, S]",
    "added_heads": "f32[N, {heads}, T, S]",
}


def program(heads, kv_heads, causal, mask, rotary):
    kv = kv_heads * WIDTH
    ports = [f"q: f32[N, T, {heads * WIDTH}]", f"k: f32[N, S, {kv}]", f"v: f32[N, S, {kv}]"]
    given = MASKS[mask]
    ports += [f"mask: {given.format(heads=heads)}"] if given else []
    turned = f"(q -> rotary(heads={heads})), (k -> rotary(heads={kv_heads}))"
    inputs = [turned if rotary else "q, k", "v", *(["mask"] if given else [])]
    call = f"attention({heads}, kv_heads={kv_heads}, causal={str(causal).lower()})"
    return (
        f"network A on {', '.join(ports)} -> f32[N, T, {heads * WIDTH}] {{\n"
        f"    ({', '.join(inputs)}) -> {call}\n}}"
    )


def inputs_of(heads, kv_heads, mask, lengths):
    torch.manual_seed(sum(lengths))
    t, s = lengths
    found = [torch.randn(2, t, heads * WIDTH)]
    found += [torch.randn(2, s, kv_heads * WIDTH) for _ in range(2)]
    given = MASKS[mask]
    if given is None:
        return found
    named = {"N": 2, "T": t, "S": s, "{heads}": heads}
    shape = [named[name] for name in given.partition("[")[2].rstrip("]").split(", ")]
    if given.startswith("f32"):
        return [*found, torch.randn(shape)]
    allowed = torch.rand(shape) > 0.4
    allowed[..., 0] = True  # who may read nothing is another test's matter
    return [*found, allowed]


def turn(x, heads):
    """Each head's pairs of numbers, (i, i + half), turned by position / 10000^(i / half)."""
    half = WIDTH // 2
    angles = torch.arange(x.shape[1])[:, None] * 10000.0 ** (-torch.arange(half) / half)
    sin, cos = angles.sin(), angles.cos()
    parts = []
    for head in x.split(WIDTH, dim=2):
        one, two = head[..., :half], head[..., half:]
        parts += [one * cos - two * sin, two * cos + one * sin]
    return torch.cat(parts, dim=2)


def formula(heads, kv_heads, causal, q, k, v, mask=None):
    """softmax(q k^T / sqrt(d) + mask) v, one head at a time."""
    results = []
    for head in range(heads):
        group = head // (heads // kv_heads)
        mine, shared = (slice(at * WIDTH, (at + 1) * WIDTH) for at in (head, group))
        scores = q[:, :, mine] @ k[:, :, shared].mT / math.sqrt(WIDTH)
        if mask is not None:
            own = mask[:, head] if mask.dim() == 4 else mask
            scores = (
                scores.masked_fill(~own, -torch.inf) if own.dtype == torch.bool else scores + own
            )
        if causal:
            order = torch.arange(q.shape[1])[:, None] >= torch.arange(k.shape[1])
            scores = scores.masked_fill(~order, -torch.inf)
        results.append(scores.softmax(dim=-1) @ v[:, :, shared])
    return torch.cat(results, dim=2)


@pytest.mark.parametrize("rotary", [False, True], ids=["plain", "rotary"])
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_kernels_formula_source_and_onnx_agree(run, kv_heads, mask, causal, rotary):
    text = program(4, kv_heads, causal, mask, rotary)
    for lengths in LENGTHS:
        inputs = inputs_of(4, kv_heads, mask, lengths)
        ran = run(text, *inputs)
        q, k, *rest = inputs
        turned = (turn(q, 4), turn(k, kv_heads), *rest) if rotary else inputs
        expected = formula(4, kv_heads, causal, *turned)
        torch.testing.assert_close(ran.outputs[0], expected, rtol=1e-4, atol=1e-5)
        with sdpa_kernel(SDPBackend.MATH):
            plain = ran.module(*inputs)
        torch.testing.assert_close(plain, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [1, 4])
def test_the_fused_kernel_alone_takes_it(run, heads, causal):
    """The layer asks for nothing that would send PyTorch to its slow path."""
    inputs = inputs_of(heads, heads, "none", (6, 6))
    ran = run(program(heads, heads, causal, "none", False), *inputs)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        fused = ran.module(*inputs)
    torch.testing.assert_close(fused, formula(heads, heads, causal, *inputs), rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_the_formula(run):
    inputs = inputs_of(4, 2, "added_heads", (3, 5))
    ran = run(program(4, 2, True, "added_heads", False), *inputs)
    slopes = []
    for compute in (ran.module, lambda *given: formula(4, 2, True, *given)):
        leaves = [x.clone().requires_grad_() for x in inputs]
        compute(*leaves).square().sum().backward()
        slopes.append([x.grad for x in leaves])
    for found, expected in zip(*slopes, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kv_heads", [2, 4])
def test_an_accelerators_kernels_agree(run, kv_heads, mask, causal):
    inputs = inputs_of(4, kv_heads, mask, (6, 6))
    ran = run(program(4, kv_heads, causal, mask, False), *inputs)
    module = ran.module.to("cuda")
    found = module(*(x.to("cuda") for x in inputs)).cpu()
    torch.testing.assert_close(found, ran.outputs[0], rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_an_accelerator_gives_zeros_to_who_may_read_nothing(run):
    inputs = inputs_of(4, 4, "allowed", (6, 6))
    inputs[3][2] = False
    ran = run(program(4, 4, False, "allowed", False), *inputs)
    found = ran.module.to("cuda")(*(x.to("cuda") for x in inputs)).cpu()
    assert ran.outputs[0][:, 2].abs().max() == 0
    torch.testing.assert_close(found, ran.outputs[0], rtol=1e-3, atol=1e-4)
