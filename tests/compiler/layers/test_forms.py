"""Layers that move elements: free axes, and what is refused."""

import pytest
import torch
from torch.nn import functional as F


def network(stage, output, port="f32[N, T, 24]", facts=""):
    return f"network A on x: {port} -> f32[{output}] {{ {facts}\n x -> {stage} }}"


@pytest.mark.parametrize(
    ("stage", "output", "facts"),
    [
        ("reshape([N, T, 4, 6])", "N, T, 4, 6", ""),
        ("reshape([N, T, _, 6])", "N, T, 4, 6", ""),
        ("reshape([_, 24])", "N * T, 24", ""),
        ("reshape([N, 3, _])", "N, 3, 8 * T", ""),
        ("reshape([N * T * 24])", "N * T * 24", ""),
        ("reshape([N, T // 2, 48])", "N, T // 2, 48", "require T % 2 == 0"),
        ("reshape([_, T // 2, 48])", "N, T // 2, 48", "require T % 2 == 0"),
        ("flatten", "N, T * 24", ""),
        ("flatten(0, 1)", "N * T, 24", ""),
    ],
)
def test_a_reshape_of_free_axes(run, stage, output, facts):
    x = torch.randn(2, 4, 24)
    y = run(network(stage, output, facts=facts), x).outputs[0]
    torch.testing.assert_close(y.flatten(), x.flatten())


def test_a_symbolic_size_is_inferred_on_both_sides_of_a_network_of_images(run):
    program = """network A on x: f32[N, C, H, W] -> f32[N, C, H * W], f32[N, C, H, W] {
        y = x -> reshape([N, C, _])
        (y, y -> reshape([N, C, _, W]))
    }"""
    x = torch.randn(2, 3, 4, 5)
    flat, again = run(program, x).outputs
    torch.testing.assert_close(flat, x.flatten(2))
    torch.testing.assert_close(again, x)


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [
        ("reshape([N, T, 5, 5])", "E360", "reshape cannot turn [N, T, 24] into [N, T, 5, 5]"),
        ("reshape([N, T, 7, _])", "E360", "into [N, T, 7, _]"),
        ("reshape([_, _, 24])", "E361", "2 times `_`"),
        ("reshape([N, N, 24])", "E308", "a reshape keeps the number of elements"),
        ("reshape([N, 5, _])", "E308", "`_` must be a whole number"),
        ("reshape([N, T, 0])", "E309", "every size of a shape"),
        ("flatten(2, 1)", "E313", "start"),
        ("flatten(0, 3)", "E305", "axis 3"),
        ("permute([0, 1])", "E370", "names 2 axes"),
        ("permute([0, 1, 1])", "E306", "twice"),
        ("squeeze(2)", "E307", "24 and the other 1"),
        ("squeeze(1)", "E308", "T == 1"),
        ("unsqueeze(4)", "E305", "axis 4"),
        ("expand([N, T, 48])", "E371", "an axis of 24 does not become 48"),
        ("expand([T, 24])", "E371", "3 axes do not become 2"),
        ("expand([_, N, T, 24])", "E371", "a new axis needs a size"),
        ("expand([T, N, 24])", "E308", "N == T"),
        ("split(5, axis=2)", "E310", "5 parts do not divide 24"),
        ("split(2)", "E308", "T % 2 == 0"),
        ("split(0)", "E313", "parts"),
        ("split(1000000000, axis=2)", "E313", "parts"),
        ("split([10, 10], axis=2)", "E369", "parts of 10, 10 do not make up an axis of 24"),
        ("split([30, -6], axis=2)", "E309", "the size of a part"),
        ("slice(2, 3, 3)", "E367", "the slice 3:3 of an axis of 24 is empty"),
        ("slice(2, 3, 25)", "E368", "the stop 25"),
        ("slice(2, -25)", "E368", "the start -25"),
        ("slice(2, step=0)", "E313", "step"),
        ("slice(1, 0, 8)", "E308", "T >= 8"),
        ("select(2, 24)", "E368", "the index 24"),
        ("select(1, 5)", "E308", "T >= 6"),
        ("roll([1, 2], axes=2)", "E313", "shifts"),
        ("pad([[1, -1]])", "E313", "widths"),
        ("pad([1, 1, 1, 1])", "E313", "at most 3 axes"),
        ('pad(1, mode="mirror")', "E313", "mode"),
        ('pad([24], mode="reflect")', "E309", "size of axis 2 must be at least 25"),
        ('pad([[0, 25]], mode="circular")', "E309", "size of axis 2 must be at least 25"),
        ('pad([1, 0, 0], mode="reflect")', "E375", "cannot pad axis 0"),
        ("upsample(2)", "E311", "channels"),
    ],
)
def test_what_does_not_fit_is_refused(errors_of, stage, code, said):
    found = errors_of(network(stage, "N, _, _"))
    assert [c for c, _ in found] == [code]
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("stage", "output", "by_hand"),
    [
        ("slice(1, 0, T)", "N, T, 24", lambda x: x),
        ("slice(1, T - 3)", "N, 3, 24", lambda x: x[:, -3:]),
        ("slice(1, -3, -1)", "N, 2, 24", lambda x: x[:, -3:-1]),
        ("slice(2, 1, step=5)", "N, T, 5", lambda x: x[..., 1::5]),
        ("slice(1, step=2)", "N, (T + 1) // 2, 24", lambda x: x[:, ::2]),
        ("select(1, T - 1)", "N, 24", lambda x: x[:, -1]),
        ("select(-1, -24)", "N, T", lambda x: x[..., 0]),
        ("roll(9, axes=1)", "N, T, 24", lambda x: x.roll(9, 1)),
        ("expand([2, _, T, _])", "2, N, T, 24", lambda x: x.expand(2, *x.shape)),
    ],
)
def test_positions_on_free_axes(run, stage, output, by_hand):
    x = torch.randn(2, 5, 24)
    program = network(stage, output, facts="require T >= 3")
    torch.testing.assert_close(run(program, x).outputs[0], by_hand(x))


def test_parts_of_a_free_axis(run):
    x = torch.randn(2, 6, 4)
    program = """network A on x: f32[N, T, 4] -> f32[N, T // 2, 4], f32[N, 2, 4], f32[N, _, 4] {
        require T % 2 == 0
        require T >= 3
        (a, b) = x -> split(2)
        (c, d) = x -> split([2, T - 2])
        (a + b, c, d)
    }"""
    total, c, d = run(program, x).outputs
    torch.testing.assert_close(total, x[:, :3] + x[:, 3:])
    torch.testing.assert_close((c, d), x.split((2, 4), dim=1))


@pytest.mark.parametrize(
    ("stage", "output", "widths", "mode"),
    [
        ("pad([[2, 0]])", "N, 3, 6, 7", (2, 0), "constant"),
        ("pad(1)", "N, 3, 8, 7", (1, 1, 1, 1), "constant"),
        ("pad([[0, 1], 2])", "N, 3, 7, 9", (2, 2, 0, 1), "constant"),
        ('pad([[1, 0]], mode="reflect")', "N, 3, 6, 6", (1, 0, 0, 0), "reflect"),
        ('pad([3, 0], mode="circular")', "N, 3, 12, 5", (0, 0, 3, 3), "circular"),
        ('pad([0, 1, 1], mode="replicate")', "N, 3, 8, 7", (1, 1, 1, 1), "replicate"),
    ],
)
def test_widths_count_from_the_last_axis(run, stage, output, widths, mode):
    x = torch.randn(2, 3, 6, 5)
    y = run(network(stage, output, "f32[N, 3, 6, 5]"), x).outputs[0]
    torch.testing.assert_close(y, F.pad(x, widths, mode=mode))


def swin(x, size):
    """`window_partition` of the published Swin Transformer, on [N, H, W, C]."""
    n, height, width, channels = x.shape
    x = x.view(n, height // size, size, width // size, size, channels)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size * size, channels)


def test_windows_are_swins_and_unwindows_undoes_them(run):
    x = torch.randn(2, 3, 4, 6)
    program = """network A on x: f32[N, 3, H, W] -> f32[_, 4, 3], f32[N, 3, H, W] {
        require H % 2 == 0
        require W % 2 == 0
        y = x -> windows(2)
        (y, y -> unwindows(2, H, W))
    }"""
    cut, again = run(program, x).outputs
    torch.testing.assert_close(cut, swin(x.permute(0, 2, 3, 1), 2))
    torch.testing.assert_close(again, x)


@pytest.mark.parametrize(
    ("mode", "align"),
    [
        ("linear", False),
        ("linear", True),
        ("bicubic", False),
        ("bicubic", True),
        ("nearest", False),
    ],
)
def test_resize_to_the_size_of_another_tensor(run, mode, align):
    program = f"""network A on x: f32[N, 3, 4, 6], y: f32[N, 3, H, W] -> f32[N, 3, H, W] {{
        (x -> resize([H, W], mode="{mode}", align_corners={str(align).lower()})) + y
    }}"""
    x, y = torch.randn(2, 3, 4, 6), torch.randn(2, 3, 8, 3)
    name = {"linear": "bilinear"}.get(mode, mode)
    corners = {} if mode == "nearest" else {"align_corners": align}
    wanted = F.interpolate(x, (8, 3), mode=name, **corners) + y
    torch.testing.assert_close(run(program, x, y).outputs[0], wanted)


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ('upsample(2, mode="cubic")', "E313"),
        ('upsample(2, mode="trilinear")', "E313"),
        ("upsample(2, align_corners=true)", "E313"),
        ("upsample([2, 2, 2])", "E315"),
        ("upsample(0)", "E313"),
        ("resize([4])", "E315"),
        ("resize(0)", "E309"),
        ("pixel_shuffle(2)", "E310"),
        ("pixel_unshuffle(4)", "E310"),
        ("channel_shuffle(2)", "E310"),
        ("windows(4)", "E310"),
    ],
)
def test_images_that_do_not_fit(errors_of, stage, code):
    found = errors_of(network(stage, "N, _, _, _", "f32[N, 3, 8, 6]"))
    assert [c for c, _ in found] == [code]
