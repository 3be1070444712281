"""The notation of einops, against the same steps written by hand."""

import pytest
import torch
from archc.compiler.layers._pattern import PatternError, parse


@pytest.fixture
def x():
    return torch.arange(2 * 6 * 4 * 10.0).reshape(2, 6, 4, 10)


IMAGE = "f32[N, 6, 4, 10]"


def network(stage, output, port=IMAGE):
    return f"network A on x: {port} -> f32[{output}] {{ x -> {stage} }}"


@pytest.mark.parametrize(
    ("stage", "output", "by_hand"),
    [
        ('rearrange("n c h w -> n h w c")', "N, 4, 10, 6", lambda x: x.permute(0, 2, 3, 1)),
        ('rearrange("n c h w -> n (h w) c")', "N, 40, 6", lambda x: x.flatten(2).mT),
        ('rearrange("n c h w -> (n c) h w")', "6 * N, 4, 10", lambda x: x.flatten(0, 1)),
        (
            'rearrange("n (a b) h w -> n b a h w", b=3)',
            "N, 3, 2, 4, 10",
            lambda x: x.unflatten(1, (2, 3)).transpose(1, 2),
        ),
        ('rearrange("n ... w -> w n ...")', "10, N, 6, 4", lambda x: x.permute(3, 0, 1, 2)),
        ('rearrange("n c h w -> n c 1 h w")', "N, 6, 1, 4, 10", lambda x: x.unsqueeze(2)),
        ('reduce("n c h w -> n c", "mean")', "N, 6", lambda x: x.mean((2, 3))),
        ('reduce("n c h w -> w n", "max")', "10, N", lambda x: x.amax((1, 2)).T),
        ('reduce("... w -> w", "sum")', "10", lambda x: x.sum((0, 1, 2))),
        (
            'reduce("n c (h a) (w b) -> n c h w", "max", a=2, b=5)',
            "N, 6, 2, 2",
            lambda x: torch.max_pool2d(x, (2, 5)),
        ),
        ('reduce("n c h w -> n w", "prod")', "N, 10", lambda x: x.prod(1).prod(1)),
        (
            'broadcast("n c h w -> n r c h (w s)", r=2, s=3)',
            "N, 2, 6, 4, 30",
            lambda x: x.repeat_interleave(3, 3)[:, None].expand(2, 2, 6, 4, 30),
        ),
    ],
)
def test_a_pattern_is_its_steps(run, x, stage, output, by_hand):
    x = x / 100 if "prod" in stage else x
    torch.testing.assert_close(run(network(stage, output), x).outputs[0], by_hand(x))


def test_free_axes_are_split_where_that_is_known_to_work(run):
    program = """network A on x: f32[N, T, 6] -> f32[N, T // 4, 24] {
        require T % 4 == 0
        x -> rearrange("n (t k) d -> n t (k d)", k=4)
    }"""
    x = torch.randn(2, 12, 6)
    torch.testing.assert_close(run(program, x).outputs[0], x.reshape(2, 3, 24))


def test_a_size_may_be_an_axis(run):
    program = """network A on x: f32[N, T, 6], y: f32[N, 6] -> f32[N, T, 6] {
        y -> broadcast("n d -> n t d", t=T)
    }"""
    x, y = torch.randn(2, 5, 6), torch.randn(2, 6)
    torch.testing.assert_close(run(program, x, y).outputs[0], y[:, None].expand(2, 5, 6))


@pytest.mark.parametrize(
    ("pattern", "position", "reason"),
    [
        ("a b", 3, "a pattern has one `->`"),
        ("a -> a -> a", 7, "a pattern has one `->`"),
        ("a (b c -> a", 2, "this parenthesis is not closed"),
        ("a b) -> a", 3, "nothing is open here"),
        ("((a b)) -> a", 1, "parentheses do not nest"),
        ("a b a -> a", 4, "a stands twice on this side"),
        ("a ... b ... -> a", 8, "... stands twice on this side"),
        ("a 3 -> a", 2, "write a name and give its size"),
        ("a + b -> a", 2, "`+` means nothing here"),
        ("(a ...) -> a", 3, "`...` stands outside parentheses"),
        ("å -> å", 0, "`å` means nothing here"),
        ("", 0, "a pattern has one `->`"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_where(pattern, position, reason):
    with pytest.raises(PatternError) as caught:
        parse(pattern)
    assert (caught.value.position, caught.value.reason) == (position, reason)


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [
        ('rearrange("n (c -> n c")', "E362", "this parenthesis is not closed"),
        ('rearrange("n c h w -> n c w", h=4)', "E364", "the axis h stands only on the left"),
        ('rearrange("n c h w -> n c h w k", k=4)', "E364", "the axis k stands only on the right"),
        ('rearrange("n c h w -> n c h w", k=4)', "E363", "has a size for k"),
        ('rearrange("n c h -> n h c")', "E365", "has 3 axes, the tensor has 4"),
        ('rearrange("n c h w k ... -> n c h w k ...")', "E365", "the tensor has 4"),
        ('rearrange("n (a b) h w -> n a b h w")', "E366", "does not tell the size of a and b"),
        ('rearrange("n (a b) h w -> n a b h w", a=4)', "E310", "4 a do not divide 6"),
        ('rearrange("n (a b) h w -> n a b h w", a=2, b=2)', "E307", "6 and the other 4"),
        ('rearrange("n c h w -> n h w c", c=7)', "E307", "6 and the other 7"),
        ('rearrange("n 1 h w -> n h w")', "E307", "6 and the other 1"),
        ('rearrange("n (a b) h w -> n a b h w", a=0)', "E309", "must be at least 1"),
        ('broadcast("n c h w -> n c h w k")', "E366", "does not tell the size of k"),
        ('broadcast("n c h w -> n c h", w=10)', "E364", "w stands only on the left"),
        ('reduce("n c h w -> n c", "median")', "E313", "median"),
        ('reduce("n c h w -> n c k", "mean", k=3)', "E364", "k stands only on the right"),
    ],
)
def test_what_does_not_fit_is_refused(errors_of, stage, code, said):
    ((found, message),) = errors_of(network(stage, "_, _"))
    assert found == code
    assert said in message
