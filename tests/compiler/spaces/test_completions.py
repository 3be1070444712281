"""How many completions a place has, told from bands or from sums in order, against asking each."""

from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces import never_valid, required_costs, sums, within
from archc.compiler.spaces.cheapest import Cheapest
from archc.compiler.spaces.costs import INFINITE, plus
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.required_costs import RequiredCosts
from archc.compiler.spaces.states import Place, decisions_of
from archc.compiler.spaces.survey import survey
from archc.compiler.spaces.walk import Walk

REQUIRED = (
    "params <= 500",
    "params < 100k",
    "params >= 90 and params <= 180",
    "params == 145 or params == 127 or params < 70",
    "params % 3 == 0",
    "params <= 500 and flops <= 900",
    "flops >= 300 and params <= 600",
    "params + flops <= 1200",
    "500 >= params and 900.5 > flops",
    "500 >= params and 90 < params",
    "params <= 500 and activations >= 30 and flops < 900 and layers <= 4",
    "params <= 500 and flops % 3 == 0",
    "params <= 500 and (params != 145)",
)


ENDS = {
    "params <= 50": (-INFINITE, 50),
    "params < 52": (-INFINITE, 51),
    "params >= 50 and 55.5 >= params": (50, 55),
    "params > 50 and params < 51.5": (51, 51),
    "51 == params": (51, 51),
    "params <= size and params < 1k": (-INFINITE, 40),
    "(params <= size and params >= 2.5) and 3 <= params": (3, 40),
}


def chain(required: str, body: str) -> str:
    return f"network Net on x: f32[4, 8] -> f32[4, 1] {{\n require {required}\n x -> {body}\n}}"


BODY = "repeat(2) { dense(1..9) -> (relu | tanh)? } -> (dense(2 | 7) -> relu)? -> dense(1)"
PARTLY_REAL = "(dense(1..9) | { dense(20) -> dropout(0.1..0.4) }) -> dense(1..3) -> dense(1)"


def one_by_one(walk: Walk, place: Place) -> Any:
    rests = walk.costs.sums.of(place.state).items()
    return sum(number for rest, number in rests if walk.costs.fulfilled(plus(place.spent, rest)))


def places(walk: Walk) -> set[Place]:
    """All that are reached from the first one, dead or not."""
    waiting, found = [walk.start()], set[Place]()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            if place.state.node is not None:
                waiting += [walk.step(place, item) for item in decisions_of(place.state.domain)]
    return found


@pytest.mark.parametrize(
    "text",
    [*(chain(required, BODY) for required in REQUIRED), chain("params <= 400", PARTLY_REAL)],
)
def test_every_place_has_as_many_completions_as_fulfil_what_is_required(text: str) -> None:
    walk = archc.space(text).walk
    start = walk.start()
    assert walk.count(start) == one_by_one(walk, start) > 0
    found = places(walk)
    assert len(found) > 20
    for place in found:
        assert walk.count(place) == one_by_one(walk, place)


@pytest.mark.parametrize("required", REQUIRED)
def test_a_uniform_draw_is_the_program_of_its_number_in_order(required: str) -> None:
    text = chain(required, "dense(1..9) -> (relu | tanh)? -> (dense(2 | 7) -> relu)? -> dense(1)")
    space = archc.space(text)
    programs = [item.decisions for item in space.enumerate()]
    assert len(programs) == space.size
    for place, drawn in enumerate(space.samples(40, seed=5, uniform=True)):
        assert drawn.decisions == programs[Random(5, place).below(len(programs))]


def test_uniform_draws_under_a_bound_do_not_ask_of_every_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    fulfilled = RequiredCosts.fulfilled

    def counted(costs: RequiredCosts, totals: Any) -> bool:
        nonlocal asked
        asked += 1
        return fulfilled(costs, totals)

    monkeypatch.setattr(RequiredCosts, "fulfilled", counted)
    body = " -> ".join(["dense(1..8)"] * 5) + " -> dense(1)"
    space = archc.space(chain("params <= 150", body))
    assert 0.3 < int(space.size) / 8**5 < 0.7
    asked = 0
    drawn = list(space.samples(20, seed=1, uniform=True))
    assert asked < 100 * sum(len(item.steps) for item in drawn)


def test_what_was_counted_tells_draws_what_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [item.decisions for item in archc.space(MANY).samples(60, seed=3)]
    space = archc.space(MANY)
    assert space.size
    monkeypatch.setattr(Cheapest, "within", None)  # nobody asks for the cheapest
    assert [item.decisions for item in space.samples(60, seed=3)] == drawn


@pytest.mark.parametrize(("required", "ends"), ENDS.items())
def test_what_a_cost_is_to_lie_between(required: str, ends: tuple[float, float]) -> None:
    text = chain(required, "dense(1..9) -> dense(1)").replace("Net on", "Net(size: int = 40) on")
    found = archc.space(text).process.network.requirements.bounds()
    assert (found.low, found.high, found.whole) == ((ends[0],), (ends[1],), True)


@pytest.mark.parametrize("required", ["params % 3 == 0", "params + flops <= 9k", "params != 51"])
def test_what_is_more_than_bounds_is_told(required: str) -> None:
    text = chain(f"params <= 500 and ({required})", "dense(1..9) -> dense(1)")
    found = archc.space(text).process.network.requirements.bounds()
    assert found.high[0] == 500
    assert not found.whole


MANY = chain(
    "params <= 900\n require flops <= 6k\n require activations >= 40",
    " -> ".join(["(dense(1..24) | { dense(1..6) -> relu })"] * 4) + " -> dense(1)",
)


def test_costs_of_millions_of_sums_are_counted_by_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    space = archc.space(MANY)
    expected = space.size
    assert 0.1 < int(expected) / 30**4 < 0.9
    monkeypatch.setattr(sums, "MOST_SUMS", 100)
    again = archc.space(MANY)
    assert again.size == expected
    with pytest.raises(archc.SpaceLimit, match="sums of costs"):
        again.walk.costs.sums.of(again.walk.start().state)
    walk = again.walk
    drawn = [walk.total(item.steps) for item in again.samples(200, seed=2, uniform=True)]
    drawn += [walk.total(item.steps) for item in again.samples(200, seed=2, conditioned=True)]
    assert all(walk.costs.bounds.hold(total) for total in drawn)
    assert max(total[0] for total in drawn) > 700


def test_parts_of_programs_are_told_by_bands() -> None:
    space = archc.space(chain("params <= 500 and flops <= 900", BODY))
    made: dict[str, int] = {}
    for program in space.enumerate():
        for name in {item.name for item in program.trace}:
            made[name] = made.get(name, 0) + 1
    shares = {item.name: item.share for item in survey(space.process, 100_000).choices}
    assert shares == {name: pytest.approx(count / int(space.size)) for name, count in made.items()}


def test_options_that_bounds_rule_out_are_told_where_places_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = chain("params <= 60\n require flops <= 2k", "repeat(3) { dense(1..3 | 40) } -> dense(1)")
    (told,) = survey(archc.space(text).process, 100_000).warnings
    assert "`40`" in told.diagnostic.message()
    monkeypatch.setattr(never_valid, "MOST_PLACES", 40)
    (again,) = survey(archc.space(text).process, 100_000).warnings
    assert again.diagnostic.message() == told.diagnostic.message()


HEADER = "Net(cap: int = 150, most: float = 2 * 1.5e3)"
STATED = "require params <= cap\n require flops <= most + 0.5"


@pytest.mark.parametrize(
    ("before", "header", "inside"),
    [
        ("", HEADER, ""),
        ("let cap = 150", "Net(most: float = 3k)", ""),
        ("", "Net", "let cap = 30 * 5\n let most = least(3k, 4k)\n"),
    ],
)
def test_numbers_with_a_name_bound_costs(before: str, header: str, inside: str) -> None:
    body = f"{{\n {inside} {STATED}\n x -> {BODY}\n}}"
    space = archc.space(f"{before}\nnetwork {header} on x: f32[4, 8] -> f32[4, 1] {body}")
    found = space.process.network.requirements.bounds()
    assert (found.high, found.whole) == ((150, 3000), True)
    plain = archc.space(chain("params <= 150\n require flops <= 3000.5", BODY))
    assert space.size == plain.size > 1


@pytest.mark.parametrize(
    ("header", "inside"),
    [("Net(cap: int = 41 | 61)", ""), ("Net(low: int = 41 | 61)", "let cap = low\n")],
)
def test_what_is_open_hides_what_is_called_so_outside(header: str, inside: str) -> None:
    required = f"{inside} require params <= cap\n x -> dense(1..9) -> dense(1)"
    outside = "let cap = 20\n" if "cap" in header else "let low = 20\n"
    text = f"{outside}network {header} on x: f32[4, 8] -> f32[4, 1] {{\n{required}\n}}"
    space = archc.space(text)
    assert space.size == 4 + 6
    assert archc.space(text, **{"cap" if "cap" in header else "low": 31}).size == 3


def test_a_requirement_of_costs_is_settled_at_the_end_of_a_body() -> None:
    required = "require params <= cap\n let cap = 41\n x -> dense(1..9) -> dense(1)"
    space = archc.space(f"network Net on x: f32[4, 8] -> f32[4, 1] {{\n {required}\n}}")
    assert space.process.network.requirements.bounds().high == (41,)
    assert space.size == 4


def test_a_number_of_another_file_bounds_costs(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text("let cap = 41\n")
    path = tmp_path / "net.arch"
    required = "require params <= least(parts.cap, 100)"
    path.write_text("use parts\n" + chain(required[len("require ") :], "dense(1..9) -> dense(1)"))
    space = archc.space(path)
    assert space.process.network.requirements.bounds().high == (41,)
    assert space.size == 4


def test_a_bound_that_is_open_is_decided_with_the_rest() -> None:
    required = chain("params <= cap", "dense(1..9) -> dense(1)")
    space = archc.space("let cap = 41 | 61\n" + required)
    assert space.size == 4 + 6
    assert {program.params <= 41 for program in space.samples(40, seed=1)} == {True, False}


def test_rounded_costs_tell_between_what_a_size_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    text = MANY.replace("\n require activations >= 40", "")
    size = archc.space(text).size
    assert 0.1 < int(size) / 30**4 < 0.9
    space = archc.space(text)
    walk, place = space.walk, space.walk.start()
    ways = walk.costs.sums.ways(place.state)
    tight = [1.0]
    for parts in ((4,), (32,), (256,)):
        monkeypatch.setattr(required_costs, "GRAINS", parts)
        low, high = walk.costs.proved(place, ways)
        assert low <= size <= high <= ways
        assert (high - low) / ways < tight[-1]
        tight.append((high - low) / ways)
    assert tight[-1] < 0.2


def test_a_size_that_is_too_much_to_count_is_told_between_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_much(*_: object) -> None:
        raise archc.SpaceLimit("the budget is used up")

    dense = " -> ".join(["dense(1..20)"] * 4)
    text = chain("params <= 500\n require flops <= 4k", f"{dense} -> dense(1)")
    size = archc.space(text).size
    monkeypatch.setattr(RequiredCosts, "count", too_much)
    assert archc.space(text).size == size  # as many parts as there are costs make no difference
    monkeypatch.setattr(required_costs, "GRAINS", (32, 96))
    with pytest.raises(archc.SpaceLimit) as limit:
        assert archc.space(text).size
    low, high = limit.value.low, limit.value.high
    assert 0.1 * 20**4 < low <= size <= high < 20**4
    assert high < 1.5 * low


def test_bands_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "MOST_BANDS", 50)
    space = archc.space(MANY)
    with pytest.raises(archc.SpaceLimit, match="more than 50 bands of costs"):
        assert space.size
    assert len({program.hash for program in space.samples(20, seed=1)}) > 10
