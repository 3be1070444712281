"""Where a search fails again and again, it looks at what may still follow: nothing valid is ruled
out, and what leads nowhere is not searched.
"""

from pathlib import Path

import archc
import pytest
from archc.compiler.spaces import prospect

SPACES = Path(__file__).parents[3] / "examples" / "spaces"
LAYERS = """
vocabulary Layers {
    relu, flatten, argmax(axes=1 | 2, keep=true | false), cast(f32), one_hot(2..12),
    dense(3..14 log), windows(2 | 4), unwindows(2 | 4, 4 | 8, 8), transpose(1, 2 | 3),
    conv(3..12, 1 | 2),
    unsqueeze(1..2), mean(axes=1 | [2, 3], keep=true | false), maxpool(2),
}
"""
SMALL = """
# an image's classes
network Net on x: f32[N, 2, 4, 8] -> f32[N, 3] {
    x -> repeat(2) { any(Layers) } -> flatten -> dense(3)
}

# the same type
network Net on x: f32[N, 2, 4, 8] -> f32[N, 2, 4, 8] {
    x -> any(Layers) -> any(Layers)
}

# a residual
network Net on x: f32[N, 2, 4, 8] {
    x -> residual { any(Layers) -> any(Layers) } -> relu?
}

# a residual in turns
network Net on x: f32[N, 6, 4] -> f32[N, 6, 4] {
    x -> repeat(1..2) { residual { any(Layers) -> relu } }
}

# an axis by name
network Net on x: f32[N, T, 4] -> f32[N, T, 3] {
    x -> any(Layers) -> any(Layers) -> dense(3)
}

# axes before others
network Net on x: f32[N, 4, 4] -> f32[..., 5] {
    x -> any(Layers) -> { any(Layers)? }
}

# a size by name
network Net(classes: int = 5) on x: f32[N, 4] -> f32[N, classes] {
    x -> any(Layers) -> any(Layers)
}

# two statements
network Net on x: f32[N, 4, 4] -> f32[N, 3] {
    h = x -> any(Layers)
    h -> any(Layers) -> flatten -> dense(3)
}

# what is required after
network Net on x: f32[N, 4] -> f32[N, 3] {
    x -> any(Layers) -> (any(Layers) | dense(3))
    require params < 30
}

# what is stated of axes after
network Net on x: f32[N, T, 4] -> f32[N, 8, 4] {
    x -> (argmax(1) | relu | tanh) -> (sin | cos)
    require T == 8
}

# the same choice in each turn
network Net on x: f32[N, 4] -> f32[N, 3] {
    x -> repeat(2) { (relu | dense(4..100) | dense(3, bias=true)) }
}

# some turns or many
network Net on x: f32[N, 4] -> f32[N, 1, 1, 1, 4] {
    x -> (tanh | dense(5)) -> (relu | tanh | dense(4)) -> repeat(2 | 3..20) { unsqueeze(1) }
}

# a block that hides a layer
block relu on x {
    x -> dense(3) -> unsqueeze(1) -> unsqueeze(1) -> unsqueeze(1)
}
network Net on x: f32[N, 4] -> f32[N, 1, 1, 1, 3] {
    x -> (sin | cos) -> (tanh | sin | dense(4)) -> (relu | flatten)
}

# any layer, and a block that hides one
block relu on x {
    x -> dense(3) -> unsqueeze(1) -> unsqueeze(1) -> unsqueeze(1) -> unsqueeze(1) -> unsqueeze(1)
}
network Net on x: f32[N, 4] -> f32[N, 1, 1, 1, 1, 1, 3] {
    x -> (sin | cos) -> (tanh | sin | dense(4)) -> ?
}

# a number of many that is no size
network Net on x: f32[N, 4, 6] -> f32[N, 4, 6] {
    x -> (tanh | dense(5)) -> (relu | tanh | dense(6)) -> split(1..10, axis=1)
}

# another number of many that is no size
network Net on x: f32[N, 4, 4, 4] -> f32[N, 4, 20, 20] {
    x -> repeat(2) { (pad(0..9) | relu | dense(5)) }
}

# options of the text
network Net on x: f32[N, 4] -> i64[N] {
    x -> (dense(2..9) | one_hot(2) | relu)? -> (argmax(1) | argmax(1, keep=true) | cast(i64))
}

# labels and braces
network Net on x: f32[N, 2, 8] -> f32[N, 8] {
    x -> { first: any(Layers) } -> { { any(Layers) } }
}

# a block that says what it makes
network Net on x: f32[N, 4] -> f32[N, 3] {
    x -> Part -> Part -> dense(3)
}
block Part on x: f32[N, D] -> f32[N, D] {
    x -> any(Layers) -> any(Layers)
}

# a fork
network Net on x: f32[N, 4] -> f32[N, 6] {
    x -> fork { any(Layers)
    dense(3) } -> concat(axis=1)
}

# a shared choice
network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> share(2) { any(Layers) -> any(Layers) }
}

# weights that become too large
network Net on x: i64[N, 3000, 3000] -> f32[N, 20] {
    x -> any(Layers) -> cast(f32) -> flatten -> dense(20)
}

# weights that are too large for what may be any size
network Net on x: i64[N, 30, 3000] -> f32[N, 9] {
    x -> one_hot(2..12) -> any(Layers) -> flatten -> (dense(9) | dense(3000) -> dense(9))
}

# a weight that is another's
network Net on x: i64[N, 4] -> f32[N, 4, 9] {
    layer table = embedding(9, 8)
    x -> table -> any(Layers) -> any(Layers) -> dense(9, bias=false, weight=table.weight)
}

# a recipe
network Net on x: f32[N, 4] -> f32[N, 6] {
    let op = any(Layers)
    x -> op -> (op | dense(6))
}
"""


def cases(texts: str) -> dict[str, str]:
    """Networks by the comments above them."""
    parts = (text.strip().partition("\n") for text in texts.split("\n\n"))
    return {title.removeprefix("# "): text for title, _, text in parts}


@pytest.mark.parametrize(("name", "text"), cases(SMALL).items())
def test_nothing_valid_is_ruled_out(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prospect, "PATIENCE", 10**9)
    plain = archc.space(LAYERS + text)
    size, drawn = plain.size, [program.trace for program in plain.samples(30)]
    listed = [program.trace for program in plain.enumerate()][:3_000]
    monkeypatch.setattr(prospect, "PATIENCE", 1)
    ahead = archc.space(LAYERS + text)
    assert [program.trace for program in ahead.samples(30)] == drawn
    again = archc.space(LAYERS + text)
    assert again.size == size
    assert [program.trace for program in again.enumerate()][:3_000] == listed


NATURAL = """
# windows that nothing joins: 35
network Net on x: f32[N, 3, 8, 8] -> f32[N, 10] {
    x -> ? -> ? -> cast(f32) -> unsqueeze(1) -> flatten -> dense(10)
}

# images: 57
network Net on x: f32[N, 3, 32, 32] -> f32[N, 10] {
    x -> repeat(4) { ? } -> flatten -> dense(10)
}

# steps in time: 2, 7
network Net on x: f32[N, T, 64] -> f32[N, T, 10] {
    x -> repeat(4) { ? } -> dense(10)
}

# a table: 1, 26, 48
network Net on x: f32[N, 20] -> f32[N, 3] {
    x -> repeat(5) { ? } -> dense(3)
}

# a sequence: 11, 15
network Net on x: f32[N, 32, 64] -> f32[N, 10] {
    x -> repeat(3) { ? } -> mean(axes=1) -> dense(10)
}

# residuals: 1, 2
network Net on x: f32[N, 16, 16, 16] -> f32[N, 16, 16, 16] {
    x -> repeat(3) { residual { ? -> ? } }
}
"""


@pytest.mark.parametrize(("name", "text"), cases(NATURAL).items())
def test_what_leads_nowhere_is_not_searched(name: str, text: str) -> None:
    """With these seeds 200,000 expansions did not come to an end."""
    space = archc.space(text)
    space.budget = 20_000
    for start in name.split(": ")[1].split(", "):
        (program,) = space.samples(1, seed=3, start=int(start))
        archc.parse(program.text).check()


@pytest.mark.parametrize("number", [156265, 282881])
def test_weights_that_become_too_large_are_not_searched(number: int) -> None:
    """What came before the last layers made tensors that few of them make smaller."""
    space = archc.space(SPACES / "everything.arch")
    space.budget = 20_000
    (program,) = space.samples(1, seed=0, start=number)
    archc.parse(program.text).check()


def test_that_there_is_no_program_is_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """network Net on x: f32[N, 4, 4] -> f32[N, 5, 4, 4] {
        x -> relu -> any(Layers) -> (relu | tanh)
    }"""
    told = []
    for patience in (10**9, 1):
        monkeypatch.setattr(prospect, "PATIENCE", patience)
        with pytest.raises(archc.ProgramError) as refused:
            archc.space(LAYERS + text).sample()
        told.append(str(refused.value))
    assert "E459" in told[0] and told[1] == told[0]
