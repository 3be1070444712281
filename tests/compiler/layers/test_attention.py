"""`attention` against the formula, `rotary` against complex numbers."""

import math

import pytest
import torch
from archc.compiler.support.rotary import rotary


def formula(q, k, v, heads, kv_heads, *, allowed=None, added=0.0, scale=None):
    """softmax(q k^T / sqrt(d)) v, one head at a time."""
    width, each = q.shape[2] // heads, v.shape[2] // kv_heads
    scale = 1 / math.sqrt(width) if scale is None else scale
    results = []
    for head in range(heads):
        group = head // (heads // kv_heads)
        queries = q[:, :, head * width : (head + 1) * width]
        keys = k[:, :, group * width : (group + 1) * width]
        values = v[:, :, group * each : (group + 1) * each]
        scores = queries @ keys.transpose(1, 2) * scale + added
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        weights = torch.softmax(scores, dim=-1).nan_to_num(0.0)
        results.append(weights @ values)
    return torch.cat(results, dim=2)


def program(call, mask=""):
    port, use = (f", mask: {mask}", ", mask") if mask else ("", "")
    return f"""network A on q: f32[N, T, 8], k: f32[N, S, 8], v: f32[N, S, 12]{port}
        -> f32[N, T, 12] {{ (q, k, v{use}) -> {call} }}"""


@pytest.fixture
def qkv():
    torch.manual_seed(0)
    return torch.randn(2, 5, 8), torch.randn(2, 6, 8), torch.randn(2, 6, 12)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_it_is_the_formula(run, qkv, heads):
    ran = run(program(f"attention({heads})"), *qkv)
    torch.testing.assert_close(ran.outputs[0], formula(*qkv, heads, heads))


def test_scale(run, qkv):
    ran = run(program("attention(2, scale=0.1)"), *qkv)
    torch.testing.assert_close(ran.outputs[0], formula(*qkv, 2, 2, scale=0.1))


def test_causal_reads_up_to_its_own_position(run, qkv):
    allowed = torch.arange(5)[:, None] >= torch.arange(6)
    ran = run(program("attention(2, causal=true)"), *qkv)
    torch.testing.assert_close(ran.outputs[0], formula(*qkv, 2, 2, allowed=allowed))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", ["T, S", "N, T, S", "N, 1, S", "1, S"])
def test_a_mask_says_what_may_be_read(run, qkv, shape, causal):
    sizes = [{"N": 2, "T": 5, "S": 6, "1": 1}[name] for name in shape.split(", ")]
    mask = torch.rand(sizes) > 0.3
    allowed = mask & (torch.arange(5)[:, None] >= torch.arange(6)) if causal else mask
    flag = str(causal).lower()
    ran = run(program(f"attention(4, causal={flag})", f"bool[{shape}]"), *qkv, mask)
    torch.testing.assert_close(ran.outputs[0], formula(*qkv, 4, 4, allowed=allowed))


def test_each_head_may_have_its_own_mask(run, qkv):
    mask = torch.zeros(2, 2, 5, 6, dtype=torch.bool)
    mask[:, 0, :, 0] = True  # head 0 reads the first key, head 1 the last
    mask[:, 1, :, 5] = True
    ran = run(program("attention(2)", "bool[N, 2, T, S]"), *qkv, mask)
    wanted = torch.cat((qkv[2][:, :1, :6], qkv[2][:, 5:, 6:]), dim=2).expand(2, 5, 12)
    torch.testing.assert_close(ran.outputs[0], wanted)


def test_who_may_read_nothing_gets_zeros(run, qkv):
    mask = torch.ones(5, 6, dtype=torch.bool)
    mask[1] = False
    ran = run(program("attention(2)", "bool[T, S]"), *qkv, mask)
    assert ran.outputs[0][:, 1].abs().max() == 0
    assert ran.outputs[0][:, 0].abs().max() > 0


@pytest.mark.parametrize("causal", [False, True])
def test_a_float_mask_is_added(run, qkv, causal):
    mask = torch.randn(2, 5, 6)
    allowed = torch.arange(5)[:, None] >= torch.arange(6) if causal else None
    flag = str(causal).lower()
    ran = run(program(f"attention(2, causal={flag})", "f32[N, T, S]"), *qkv, mask)
    wanted = formula(*qkv, 2, 2, allowed=allowed, added=mask)
    torch.testing.assert_close(ran.outputs[0], wanted)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_groups_of_heads_share_keys_and_values(run, kv_heads):
    q, k, v = torch.randn(2, 5, 8), torch.randn(2, 6, 2 * kv_heads), torch.randn(2, 6, 3 * kv_heads)
    ran = run(
        f"""network A on q: f32[N, T, 8], k: f32[N, S, {2 * kv_heads}], v: f32[N, S, {3 * kv_heads}]
            -> f32[N, T, 12] {{ (q, k, v) -> attention(4, kv_heads={kv_heads}) }}""",
        q,
        k,
        v,
    )
    torch.testing.assert_close(ran.outputs[0], formula(q, k, v, 4, kv_heads))


def test_dropout_acts_in_training_alone(run, qkv):
    ran = run(program("attention(2, dropout=0.5)"), *qkv)
    torch.testing.assert_close(ran.outputs[0], formula(*qkv, 2, 2))
    ran.module.train()
    assert not torch.allclose(ran.module(*qkv), ran.module(*qkv))


@pytest.mark.parametrize(
    ("call", "mask", "code"),
    [
        ("attention(3)", "", "E310"),
        ("attention(4, kv_heads=3)", "", "E310"),
        ("attention(4, kv_heads=2)", "", "E372"),
        ("attention(2)", "bool[N, S]", "E308"),
        ("attention(2)", "bool[N, 4, T, S]", "E373"),
        ("attention(2)", "i64[T, S]", "E303"),
        ("attention(2)", "f16[T, S]", "E304"),
        ("attention(2, dropout=1.0)", "", "E313"),
    ],
)
def test_what_does_not_fit_is_refused(errors_of, call, mask, code):
    assert [found for found, _ in errors_of(program(call, mask))] == [code]


# --- rotary


def turned(x, base=10000.0):
    """Pairs as complex numbers, times e^(i t theta)."""
    half = x.shape[-1] // 2
    theta = base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * theta
    pairs = torch.complex(x[..., :half].double(), x[..., half:].double())
    result = pairs * torch.polar(torch.ones_like(angle), angle)
    return torch.cat((result.real, result.imag), dim=-1).float()


def test_rotary_turns_pairs(run):
    x = torch.randn(2, 7, 8)
    ran = run("network A on x: f32[N, T, 8] -> f32[N, T, 8] { x -> rotary }", x)
    torch.testing.assert_close(ran.outputs[0], turned(x))


def test_rotary_of_heads_side_by_side(run):
    x = torch.randn(2, 7, 12)
    ran = run(
        "network A on x: f32[N, T, 12] -> f32[N, T, 12] { x -> rotary(base=100.0, heads=3) }", x
    )
    wanted = torch.cat([turned(part, 100.0) for part in x.split(4, dim=-1)], dim=-1)
    torch.testing.assert_close(ran.outputs[0], wanted)


def test_rotary_makes_scores_relative():
    q, k = torch.randn(8), torch.randn(8)
    scores = rotary(q.expand(1, 20, 8))[0] @ rotary(k.expand(1, 20, 8))[0].T
    torch.testing.assert_close(scores[3, 1], scores[13, 11], rtol=1e-4, atol=1e-4)
    assert not torch.isclose(scores[3, 1], scores[3, 2])


def test_rotary_keeps_angles_exact_in_half_precision():
    x = torch.randn(1, 3000, 4)
    near = turned(x.half().float())[:, -1]
    torch.testing.assert_close(rotary(x.half())[:, -1].float(), near, rtol=0.01, atol=0.01)


@pytest.mark.parametrize("shape", [(2, 3, 8), (2, 5, 3, 8)])
def test_rotary_at_given_positions(run, shape):
    """A stretch of a longer sequence, as it would be turned within that sequence."""
    axes = ", ".join("NHTD"[index] for index in ((0, 2) if len(shape) == 3 else (0, 1, 2)))
    whole = torch.randn(*shape[:-2], 9, 8)
    offsets = torch.tensor([[4], [1]])
    x = torch.stack([whole[n, ..., at : at + 3, :] for n, at in enumerate([4, 1])])
    ran = run(
        f"network A on x: f32[{axes}, 8], at: i64[N, T] -> f32[{axes}, 8] "
        "{ (x, at) -> rotary(heads=2) }",
        x,
        offsets + torch.arange(3),
    )
    turns = rotary(whole, heads=2)
    wanted = torch.stack([turns[n, ..., at : at + 3, :] for n, at in enumerate([4, 1])])
    torch.testing.assert_close(ran.outputs[0], wanted)


def test_rotary_at_positions_of_the_whole_batch(run):
    x = torch.randn(2, 3, 4)
    ran = run(
        "network A on x: f32[N, T, 4], at: i64[T] -> f32[N, T, 4] { (x, at) -> rotary }",
        x,
        torch.tensor([7, 0, 2]),
    )
    wanted = turned(x[:, :1].expand(2, 8, 4))[:, 7]
    torch.testing.assert_close(ran.outputs[0][:, 0], wanted)


@pytest.mark.parametrize(
    ("call", "code"), [("rotary(heads=3)", "E310"), ("rotary(heads=8)", "E310")]
)
def test_rotary_needs_pairs_in_every_head(errors_of, call, code):
    found = errors_of(f"network A on x: f32[N, T, 8] -> f32[N, T, 8] {{ x -> {call} }}")
    assert [c for c, _ in found] == [code]
