"""What `archc check` says of a space: in which part of its programs each choice is made."""

from collections import Counter
from pathlib import Path

import archc
import pytest
from archc import ProgramError
from archc.compiler.spaces import passing
from archc.compiler.spaces.survey import Survey, survey
from brute import small_space

SPACES = Path(__file__).parents[3] / "examples" / "spaces"


def surveyed(text: str) -> Survey:
    return survey(archc.space(text).process)


def counted(text: str) -> dict[str, float]:
    """Shares by brute force: every program is looked at."""
    traces = [program.trace for program in archc.space(text).enumerate()]
    made = Counter(item.name for trace in traces for item in trace)
    return {name: count / len(traces) for name, count in made.items()}


def shares(text: str) -> dict[str, float | None]:
    """As the survey says; the names of traces begin with the network's."""
    return {item.name: item.share for item in surveyed(text).choices}


def test_shares_are_those_of_brute_force() -> None:
    compared = []
    for seed in range(60):
        text = small_space(seed).text
        try:
            found = surveyed(text)
        except ProgramError:  # it holds nothing
            continue
        if found.closed:
            made = counted(text)
            wanted = {name: made.get(name, 0.0) for name in shares(text)}  # some are in none
            assert made.keys() <= wanted.keys()
            assert shares(text) == pytest.approx(wanted), text
            compared += wanted.values()
    assert len(compared) > 60
    assert sum(share < 1 for share in compared) > 20


COSTLY = """
network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> dense(4 | 8 | 16) -> (relu | { dense(4 | 8) -> dense(2 | 16) })? -> dense(4)
    require params REQUIRED
}
"""


@pytest.mark.parametrize("required", ["<= 200", "== 188", ">= 250", "== 188 or params == 76"])
@pytest.mark.parametrize("few", [0, 100])
def test_shares_with_costs_required(
    required: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "MOST_WANTED", few)
    text = COSTLY.replace("REQUIRED", required)
    assert {name: share for name, share in shares(text).items() if share} == counted(text)


@pytest.mark.parametrize("few", [0, 100])
def test_an_option_that_costs_too_much_is_warned_of(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "MOST_WANTED", few)
    warnings = surveyed(COSTLY.replace("REQUIRED", "== 188")).warnings
    assert [option for warning in warnings for option in warning.diagnostic.options] == [
        "8", "16", "identity", "relu", "8", "2"
    ]  # fmt: skip


def test_a_real_range_counts_as_one_option() -> None:
    text = "network Net on x: f32[N, 4] -> f32[N, 4] { x -> (relu | dropout(0.1..0.5) | tanh) }"
    assert shares(text) == {"Net.choice": 1.0, "Net.dropout.rate": pytest.approx(1 / 3)}


def test_what_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "MOST_STEPS", 3)
    text = "network Net on x: f32[N, 4] -> f32[N, 4] { x -> (relu | tanh) -> (relu | tanh) }"
    assert set(shares(text).values()) == {None}
    assert surveyed(text).size == 4


def test_an_option_that_costs_too_much_names_the_requirement_that_it_breaks() -> None:
    """Not a dead end that lies beside its programs, and not a requirement that is fulfilled."""
    text = """network Net on x: f32[N, 8] -> f32[N, _] {
        x -> dense(4 | 400) -> (relu | conv(4, 3)) -> dense(2)
        require flops <= 10M
        require params <= 100
    }"""
    wide, conv = survey(archc.space(text).process).warnings
    assert wide.diagnostic.message() == "`400` of `Net.dense.units` leads to no valid program"
    told = [(label.span.text, label.text) for label in wide.diagnostic.labels()]
    assert told == [
        ("400", "what it costs is refused"),
        ("require params <= 100", "never fulfilled with it"),
    ]
    assert list(wide.diagnostic.notes()) == ["with it, params are 4,402"]
    assert [label.text for label in conv.diagnostic.labels()] == [
        "conv needs a tensor with 3 to 5 axes, but this one has 2"
    ]


@pytest.mark.parametrize(
    ("stages", "refused"),
    [
        ("(relu | Broken) -> dense(2)", "x"),  # in the block, not where it is offered
        ("(relu | flatten) -> conv(2, 3)", "conv(2, 3)"),
        ("conv(2, 3 | 9, padding=valid)", None),  # around the option
    ],
)
def test_an_option_that_is_refused_elsewhere_is_told_where(
    stages: str, refused: str | None
) -> None:
    text = (
        "block Broken on x { x -> residual { x -> relu } }\n"
        f"network Net on x: f32[N, 2, 8, 8] -> f32[...] {{ x -> {stages} }}\n"
    )
    (warning,) = surveyed(text).warnings
    labels = list(warning.diagnostic.labels())
    assert [label.span.text for label in labels[1:]] == ([refused] if refused else [])


def test_an_option_is_told_the_requirements_that_are_not_fulfilled_together() -> None:
    text = """network Net on x: f32[N, 8] -> f32[N, _] {
        x -> dense(1 | 8) -> dense(1 | 90)
        require params <= 300
        require layers == 2
        require params >= 100
    }"""
    warnings = survey(archc.space(text).process).warnings
    told = [(label.span.text, label.text) for label in warnings[0].diagnostic.labels()]
    assert told == [
        ("8", "what it costs is refused"),
        ("require params <= 300", "never fulfilled with it, not all at once"),
        ("require params >= 100", "never fulfilled with it, not all at once"),
    ]
    assert list(warnings[0].diagnostic.notes()) == ["with it, params are 81 to 882"]


def test_the_example_of_a_rare_requirement_is_counted_at_a_glance() -> None:
    found = survey(archc.space(SPACES / "rare.arch").process)
    assert (found.size, found.exact, found.closed) == (1695, True, True)


ENDLESS = """network Net on x: f32[N, 4] -> f32[N, 4] {
    x -> repeat(40) { dense(1..64) -> (relu | tanh | dropout(0.1..0.5)) } -> dense(4)
    REQUIRED
}
"""


@pytest.mark.parametrize("required", ["", "require params <= 60k", "require params + flops >= 9k"])
def test_a_real_range_in_a_program_tells_the_size_at_once(required: str) -> None:
    space = archc.space(ENDLESS.replace("REQUIRED", required))
    assert space.size == float("inf")
    assert space.process.budget.runs < 400
    found = surveyed(ENDLESS.replace("REQUIRED", required))
    assert (found.size, found.exact) == (float("inf"), True)


def test_a_real_range_that_no_valid_program_has_makes_nothing_endless() -> None:
    text = """network Net on x: f32[N, 4] -> f32[N, 4] {
        x -> dense(4 | 8) -> (relu | { dropout(0.1..0.5) -> dense(90) }) -> dense(4)
        require params <= 200
    }"""
    assert archc.space(text).size == 2


def test_a_small_network_under_two_bounds_is_counted_at_a_glance() -> None:
    text = """network Space on image: f32[N, 1, 8, 8] -> f32[N, 10] {
        let act = relu | gelu | silu
        image -> repeat(1..4) {
                     conv(16 | 32 | 64, 1 | 3 | 5) -> batchnorm? -> act
                     -> (maxpool(2) | identity) @ [0.3, 0.7]
                 }
              -> mean(axes=[2, 3]) -> dropout(0.0..0.5 step 0.1) -> dense(10)
        require params <= 200k
        require flops <= 5M
    }"""
    found = surveyed(text)
    assert (found.size, found.exact, found.closed) == (24_470_958, True, True)
