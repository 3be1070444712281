"""Why a program is outside a space, where it is not a layer that the space has not."""

import archc
import pytest

# --- train settings -------------------------------------------------------------------------------

NETWORK = "network Net on x: f32[N, 6] -> f32[N, 2] { x -> dense(4 | 8) -> dense(2) }\n"
SPACE = f"{NETWORK}train Net {{ data = digits(), epochs = 1 | 2, batch = 16 }}\n"


def drawn(text: str) -> tuple[archc.Space, str]:
    space = archc.space(text)
    return space, str(space.sample(seed=1))


@pytest.mark.parametrize(
    ("setting", "name"), [("loss = mse", "loss"), ("clip = 1.0", "clip"), ("seed = 3", "seed")]
)
def test_a_setting_that_the_space_has_not_is_named(setting: str, name: str) -> None:
    space, text = drawn(SPACE)
    found = space.contains(text.replace("batch = 16", f"batch = 16\n    {setting}"))
    assert not found
    assert found.reason == f"its `train` sets `{name}`, which the space does not"
    with pytest.raises(ValueError, match=name):
        space.mutate(archc.parse(text.replace("batch = 16", f"batch = 16\n    {setting}")))


def test_a_setting_that_the_program_lacks_is_named() -> None:
    space, text = drawn(SPACE)
    found = space.contains(text.replace("    batch = 16\n", ""))
    assert found.reason == "its `train` lacks `batch`"


def test_a_block_that_the_space_has_not_is_named() -> None:
    space, text = drawn(SPACE)
    none = "its `train` is called `fast`, and the space has none of that name"
    assert space.contains(text.replace("train Net", "train fast: Net")).reason == none
    assert space.contains(f"{text}train fast: Net {{ epochs = 1 }}\n").reason == none
    bare = archc.space(NETWORK)
    assert bare.contains(text).reason == "it has a `train`, which the space has not"


def test_blocks_are_compared_by_name() -> None:
    named = SPACE.replace("train Net", "train fast: Net")
    space, text = drawn(f"{named}train slow: Net {{ epochs = 8 | 9 }}\n")
    assert space.contains(text)
    start = text.index("train slow")
    assert space.contains(text[:start]).reason == "it has no `train slow`, which the space has"
    found = space.contains(text.replace("train fast: Net", "train Net"))
    assert found.reason == "its `train` has no name, and those of the space have one"
    found = space.contains(text[:start] + text[start:].replace("epochs = ", "epochs = 1"))
    assert found.reason == "its `epochs` in `train slow` is not offered"


def test_a_bare_network_is_compared_without_settings() -> None:
    space, text = drawn(SPACE)
    assert space.contains(text[: text.index("train Net")])


def test_the_settings_are_those_of_the_network_that_is_compared() -> None:
    """A block that stands after a network of another name had been taken for it."""
    space, text = drawn(SPACE)
    other = text.replace("Net", "Other").replace("dense(2)", "B")
    other += "block B on x: f32[N, C] -> f32[N, 2] { x -> dense(2) }\n"
    assert space.contains(other)
    assert "`batch` in `train`" in space.contains(other.replace("= 16", "= 17")).reason
