"""What does nothing is removed, what does something stays."""

import pytest
from archc.compiler.passes import DeadCode, IdentityRemoval
from pass_runs import on_image, run


@pytest.mark.parametrize(
    "stages",
    [
        "identity",
        "dropout(0.5)",
        "dropout_channels(0.5)",
        "drop_path(0.5)",
        "noise(0.1)",
        "stop_gradient",
        "reshape([N, 4, H, W])",
        "flatten(1, 1)",
        "expand([N, 4, H, W])",
        "cast(f32)",
        "pad(0)",
        "slice(axis=2, start=0, stop=H)",
        "upsample(1)",
        "concat(axis=1)",
        "transpose(1, 1)",
        "transpose(1, 3) -> transpose(-1, -3)",
        "permute([0, 2, 3, 1]) -> permute([0, 3, 1, 2])",
        "permute([0, 2, 1, 3]) -> transpose(1, 2)",
        "permute([0, 2, 3, 1]) -> permute([0, 2, 3, 1]) -> permute([0, 2, 3, 1])",
        "flatten(2) -> reshape([N, 4, H, W])",
        "unsqueeze(1) -> squeeze(1)",
        "channel_shuffle(1)",
        "maxpool(1)",
        "avgpool(1)",
        "pow(1)",
        "neg -> neg",
    ],
)
def test_what_hands_its_input_on_is_removed(stages: str) -> None:
    found = run(on_image(f"x -> sigmoid -> {stages} -> tanh"), IdentityRemoval(), DeadCode())
    assert found.names() == ["sigmoid", "tanh"]


@pytest.mark.parametrize("text", ["x + 0", "0 + x", "x * 1", "1.0 * x", "x - 0", "x / 1"])
def test_neutral_numbers_are_removed(text: str) -> None:
    assert run(on_image(text), IdentityRemoval()).names() == []


@pytest.mark.parametrize(
    "stages",
    [
        "roll([1], axes=[2])",
        "cast(f64) -> cast(f32)",
        "transpose(2, 3)",
        "permute([0, 1, 3, 2])",
        "transpose(1, 2) -> relu -> transpose(1, 2)",
        "flatten(2)",
        "pad([[0, 1]])",
        "slice(axis=1, start=1)",
        "slice(axis=1, start=0, step=4)",
        "channel_shuffle(2)",
        "clip(0, 1) -> clip(0, 2)",
        "relu -> relu6",
        "neg -> relu -> neg",
        "maxpool(1, stride=2)",
    ],
)
def test_what_changes_its_input_stays(stages: str) -> None:
    found = run(
        on_image(f"x -> {stages} -> flatten(1) -> reshape([N, _, 1, 1])"), IdentityRemoval()
    )
    assert not found.changed


@pytest.mark.parametrize("text", ["0 - x", "1 / x", "x + 1", "x * 0", "x - 1"])
def test_other_numbers_stay(text: str) -> None:
    assert not run(on_image(text), IdentityRemoval()).changed


def test_two_orders_of_axes_become_one() -> None:
    found = run(
        on_image("x -> transpose(1, 2) -> permute([0, 1, 3, 2]) -> transpose(1, 3)"),
        IdentityRemoval(),
        DeadCode(),
    )
    assert found.layers() == {"permute": 1}
    assert found.after.nodes[0].layer.axes == (0, 1, 3, 2)


def test_what_is_done_twice_in_a_row_is_done_once() -> None:
    found = run(
        on_image("x -> relu -> relu -> relu -> clip(0, 1) -> clip(0, 1)"), IdentityRemoval()
    )
    assert found.layers() == {"relu": 1, "clip": 1}


def test_an_input_may_become_an_output() -> None:
    text = (
        "network Net on x: f32[N, 4] -> f32[N, 4], f32[N, 4] { (x -> identity, x -> dropout(0.1)) }"
    )
    found = run(text, IdentityRemoval())
    assert [port.value for port in found.after.outputs] == [0, 0]
