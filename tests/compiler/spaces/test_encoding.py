"""Vectors: of a choice with a range in some programs and options in others, and of spaces with more
states than can be looked through.
"""

from pathlib import Path

import archc
import numpy
import pytest
from archc.compiler.spaces import site_list

MIXED = """
network Net on x: f32[N, 6] -> f32[N, 6] { x -> dense(6) }
train Net {
    data = synthetic(task=sine)
    optimizer = adamw(lr=1e-4..1e-1 log) | sgd(lr=0.1 | 0.01) | rmsprop(lr=0.2..0.4)
}
"""
SPACES = Path(__file__).parents[3] / "examples" / "spaces"
RATE = "Net.train.optimizer.lr"


@pytest.fixture(scope="module")
def mixed() -> archc.Space:
    return archc.space(MIXED)


def rate(program: archc.DrawnProgram) -> float:
    found: float = program.trace[-1].value
    return found


def test_a_name_with_options_and_ranges_has_columns_for_both(mixed: archc.Space) -> None:
    columns = [item for item in mixed.encoder.columns if item.startswith(RATE)]
    assert columns[:2] == [f"{RATE}=0.1", f"{RATE}=0.01"]
    assert [item.endswith("?") for item in columns[2:]] == [True, False, True, False]
    assert len(set(columns)) == 6


def test_their_vectors_give_the_programs_back(mixed: archc.Space) -> None:
    programs = list(mixed.samples(30, seed=3))
    assert len({program.trace[0].value for program in programs}) == 3
    for program in programs:
        again = mixed.decode_vector(mixed.encode(program))
        assert again.trace[0] == program.trace[0]
        assert rate(again) == pytest.approx(rate(program), rel=1e-7)
        if str(program.trace[0].value).startswith("sgd"):
            assert again.trace == program.trace


def test_a_number_decodes_from_its_own_range(mixed: archc.Space) -> None:
    columns = mixed.encoder.columns
    for option, low, high in (("adamw", 1e-4, 1e-1), ("rmsprop", 0.2, 0.4)):
        for end, wanted in ((0.0, low), (1.0, high)):
            vector = [end * (not item.startswith("Net.train.optimizer=")) for item in columns]
            chosen = next(item for item in columns if f"optimizer={option}" in item)
            vector[columns.index(chosen)] = 2.0
            assert rate(mixed.decode_vector(vector)) == pytest.approx(wanted)


def test_distances_between_a_range_and_options(mixed: archc.Space) -> None:
    by_option = {str(item.trace[0].value)[:3]: item for item in mixed.samples(30, seed=3)}
    adam, sgd = by_option["ada"], by_option["sgd"]
    assert mixed.distance(adam, sgd) == mixed.distance(sgd, adam) == 2
    other = mixed.from_trace([(RATE.removesuffix(".lr"), adam.trace[0].value), (RATE, 1e-4)])
    assert 0 < mixed.distance(adam, other) < 1


def test_whole_numbers_in_several_ranges_are_options() -> None:
    text = """network Net on x: f32[N, 4] -> f32[N, 2] {
    let deep = true | false
    x -> repeat(if deep { 2..5 } else { 1..3 }) { dense(4) } -> dense(2)
}
"""
    space = archc.space(text)
    assert space.size == 7
    assert sum("repeat" in item for item in space.encoder.columns) == 5
    for program in space.enumerate():
        assert space.decode_vector(space.encode(program)).trace == program.trace


def test_a_vector_of_texts_is_a_wrong_call(mixed: archc.Space) -> None:
    with pytest.raises(TypeError, match="a vector is of numbers, not 'a'"):
        mixed.decode_vector(["a"] * len(mixed.encoder.columns))  # type: ignore[list-item]


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), -float("inf"), numpy.float32("nan")]
)
def test_a_vector_with_a_number_that_is_not_finite_is_refused(
    mixed: archc.Space, number: float
) -> None:
    vector = [0.0] * len(mixed.encoder.columns)
    vector[1] = number
    with pytest.raises(ValueError, match=r"finite numbers, not -?(nan|inf) for Net\.train"):
        mixed.decode_vector(vector)


# --- more states than can be looked through -------------------------------------------------------

PARTS = """
network Net on x: f32[N, 4] -> f32[N, 4] {
    let kinds = [relu | tanh, some([1, 2, 3], 2), 1 | 2 | 3]
    let turns = if kinds[1][0] > 1 { 0..2 } else { 1 }
    x -> repeat(3) { kinds[0] -> dense(4) } -> repeat(turns) { silu } -> repeat(kinds[2]) { relu? }
}
"""


def test_few_draws_find_the_choices_of_many_states(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = archc.space(PARTS)
    assert whole.encoder.complete
    monkeypatch.setattr(site_list, "FEW_STATES", -20)
    drawn = archc.space(PARTS)
    assert not drawn.encoder.complete
    assert set(drawn.encoder.columns) == set(whole.encoder.columns)
    for program in whole.enumerate():
        own = drawn.from_trace(program.trace)
        assert sorted(drawn.encode(own)) == sorted(whole.encode(program))
        assert drawn.decode_vector(drawn.encode(own)).trace == program.trace


def test_a_published_space_has_vectors() -> None:
    space = archc.space(SPACES / "darts.arch")
    assert len(space.encoder.sites) == 22
    for program in space.samples(20, start=50_000):
        assert space.decode_vector(space.encode(program)).trace == program.trace


def test_a_choice_that_no_draw_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_list, "FEW_STATES", -20)
    monkeypatch.setattr(site_list, "MISSES", 0)
    space = archc.space("network Net on x: f32[N, 4] { x -> (relu | tanh) -> dense(4..8) }")
    with pytest.raises(archc.SpaceLimit, match=r"decides Net\.choice=tanh, for which vectors"):
        space.encode(space.from_trace({"Net.choice": "tanh", "Net.dense.units": 5}))
    assert [item.value for item in space.decode_vector([]).trace] == ["relu", 4]


def test_choices_over_the_whole_vocabulary_have_vectors() -> None:
    """A layer whose settings were met, and that is refused before them later, is left at once."""
    space = archc.space("""network Net on x: f32[N, 8, 16, 16] -> f32[_, 10] {
    x -> repeat(2) { ? } -> cast(f32) -> unsqueeze(1) -> flatten -> dense(10)
}""")
    space.budget = 20_000
    turns = [
        {name.partition(f".{turn}.")[2] for name in space.encoder.sites} - {""} for turn in (0, 1)
    ]
    assert turns[0] < turns[1] and len(turns[0]) > 80
    for program in space.samples(100, seed=5):
        assert space.decode_vector(space.encode(program)).trace == program.trace
