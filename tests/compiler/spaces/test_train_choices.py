"""Choices in `train` cost nothing: whatever the last layers cost, all lead to one end."""

import archc
import pytest

NETWORK = """network Net on x: f32[N, 13] -> f32[N, 3] {{
    x -> repeat(1..2) {{ dense(4 | 8) -> dropout(0.0 | 0.1) }} -> dense(3)
    require params <= {most}
}}

train Net {{
    data = digits()
    optimizer = adamw(lr={rate})
}}
"""


def space_of(rate: str, most: int = 150) -> archc.Space:
    return archc.space(NETWORK.format(rate=rate, most=most))


def test_a_real_range_in_train_under_a_required_cost() -> None:
    space = space_of("3e-4..3e-2 log")
    assert space.size == float("inf")
    drawn = list(space.samples(200))
    assert all(program.params <= 150 for program in drawn)
    assert len({program.trace[-1].value for program in drawn}) == 200


@pytest.mark.parametrize("most", [80, 110, 150, 1000])
def test_options_in_train_multiply_the_size(most: int) -> None:
    networks = {program.trace[:-1] for program in space_of("1e-3 | 1e-2 | 1e-1", most).enumerate()}
    space = space_of("1e-3 | 1e-2 | 1e-1", most)
    assert space.size == 3 * len(networks) > 0
    first = list(space_of("1e-3 | 1e-2", most).enumerate())
    assert len(first) == 2 * len(networks)
    assert all(archc.compile(program).params <= most for program in first)


USED = """
let rate = 2e-3
network Body(k: int = 4) on x: f32[N, 8] -> f32[N, 4] { x -> dense(k | 8) -> dense(4) }
network Net on x: f32[N, 8] -> f32[N, 2] { x -> Body(k=3) -> relu -> dense(2) }
network Other on x: f32[N, 8] -> f32[N, 2] { x -> dense(2) }
network Loss on y: f32[N, 2], t: f32[N, 2] -> f32[N] { y - t -> norm(axes=[1]) }
train Net { optimizer = adamw(rate), loss = [mse, Loss * 0.5] }
"""


def test_what_the_network_and_its_settings_use_goes_along() -> None:
    space = archc.space(USED, network="Net")
    for program in space.enumerate():
        text = str(program)
        assert [name in text for name in ("let rate", "block Body", "network Loss", "Other")] == [
            True, True, True, False,
        ]  # fmt: skip
        checked = archc.parse(text).check()
        assert checked.ok, checked.reports
        assert archc.compile(text).hash == program.hash
        assert checked.main == ("Net",)


def test_the_training_tells_all_that_settings_name() -> None:
    program = next(archc.space(USED, network="Net").enumerate())
    assert program.training.startswith("let rate = 2e-3\n")
    assert "network Loss" in program.training
    assert "train _ {" in program.training
    assert not any(name in program.training for name in ("Net", "Body", "Other"))
