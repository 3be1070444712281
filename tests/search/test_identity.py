"""What an outcome depends on, and what not."""

import archc
import pytest
from archc.runtime.fitness import Fitness
from archc.search.identity import identity_of

TEXT = """let rate = 1e-2
let unused = 3

network Net on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    x -> flatten -> dense(8 | 16) -> dense(10)
}

train Net {
    data = digits()
    epochs = 2
    optimizer = adamw(lr=rate * 2)
}

search Net { budget = trials(3) }
"""


def identity(text: str, seed: int = 0, fidelity: dict[str, float] | None = None) -> str:
    space = archc.space(text)
    program = next(item for item in space.enumerate() if "dense(8)" in str(item))
    evaluator = Fitness(space.name).identity(program)
    return identity_of(program, fidelity or {}, seed, evaluator)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Net", "Renamed"),
        ("unused = 3", "unused = 4"),
        ("budget = trials(3)", "budget = trials(30), maximize = accuracy"),
        ("    epochs = 2\n", "    # a remark\n    epochs = 2\n"),
    ],
)
def test_what_changes_no_outcome_changes_no_identity(old: str, new: str) -> None:
    assert identity(TEXT.replace(old, new)) == identity(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate = 1e-2", "rate = 1e-3"),
        ("rate * 2", "rate * 3"),
        ("epochs = 2", "epochs = 3"),
        ("dense(10)", "dense(10, bias=false)"),
    ],
)
def test_what_changes_an_outcome_changes_the_identity(old: str, new: str) -> None:
    assert identity(TEXT.replace(old, new)) != identity(TEXT)
    assert identity(TEXT, seed=1) != identity(TEXT)
    assert identity(TEXT, fidelity={"epochs": 1.0}) != identity(TEXT)


def test_a_training_that_goes_otherwise_has_another_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = identity(TEXT)
    monkeypatch.setattr("archc.runtime.fitness.VERSION", 99)
    assert identity(TEXT) != before
