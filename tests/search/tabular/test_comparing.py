"""Comparisons: figures that follow from what was searched, statistics against their definitions."""

from math import inf
from pathlib import Path

import archc
import numpy as np
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.tabular import report, statistics
from archc.search.tabular.comparing import Comparing, Search, Unit, compare
from archc.search.tabular.outcome import Outcome, outcome
from archc.search.tabular.quality import best, quality
from archc.search.tabular.running import Step
from archc.search.tabular.table import Table

from .conftest import EPOCHS

EVOLUTION = "regularized_evolution(population=5, tournament=4)"
PLAN = Comparing(("random", EVOLUTION), ("random",), seeds=24, budget=40 * EPOCHS)


@pytest.fixture(scope="module")
def searches(table_file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Search]:
    return compare(table_file, PLAN, tmp_path_factory.mktemp("compared") / "journal")


@pytest.fixture(scope="module")
def found(searches: list[Search], small_table: Table) -> Outcome:
    return outcome(small_table, searches, PLAN)


def test_a_method_that_learns_beats_its_control_and_chance(found: Outcome) -> None:
    evolution, random = found.results[EVOLUTION], found.results["random"]
    assert evolution.area.mean() < random.area.mean()
    tests = {(test.method, test.against, test.what): test for test in found.tests}
    assert tests[EVOLUTION, "its control", "area"].p < 0.05
    assert tests[EVOLUTION, "its control", "area"].better
    assert tests["random", "its control", "area"].raw == 1.0, "random search does not look"
    assert ("random", "random", "area") not in tests


def test_curves_fall_and_end_at_the_best(found: Outcome) -> None:
    for result in found.results.values():
        assert result.curves.shape == (24, 40)
        assert (result.curves >= 0).all()
    assert all(reach % EPOCHS == 0 for reach in found.results["random"].reach if reach < inf)


def test_jobs_change_nothing(searches: list[Search], table_file: Path, tmp_path: Path) -> None:
    plan = Comparing(PLAN.methods, seeds=2, budget=PLAN.budget, jobs=2)
    again = compare(table_file, plan, tmp_path / "journal")
    assert [(s.unit, s.steps) for s in again] == [(s.unit, s.steps) for s in searches[:8]]


def test_what_is_over_is_not_searched_again(table_file: Path, tmp_path: Path) -> None:
    counted: list[tuple[int, int]] = []
    few = Comparing(("random",), seeds=3, budget=5 * EPOCHS)
    compare(table_file, few, tmp_path / "journal", lambda *c: counted.append(c))
    assert counted == [(n, 6) for n in range(1, 7)]
    counted.clear()
    more = Comparing(("random",), seeds=4, budget=5 * EPOCHS)
    compare(table_file, more, tmp_path / "journal", lambda *c: counted.append(c))
    assert counted == [(7, 8), (8, 8)]
    with pytest.raises(SearchError, match="another budget"):
        compare(table_file, Comparing(("random",), budget=9), tmp_path / "journal")


def test_the_best_so_far_is_the_one_the_method_saw_as_best(small_table: Table) -> None:
    target = quality(small_table)
    order = np.argsort(target).tolist()
    good, middling, bad = order[0], order[50], order[-1]
    steps = (
        Step(good, 1, 1, 0.0, 0.1, 0.5),  # looks best, but was hardly trained
        Step(bad, EPOCHS, EPOCHS, 0.0, 0.9, 1.0),
        Step(middling, EPOCHS, 2 * EPOCHS, 0.0, 0.5, 2.0),
        Step(good, EPOCHS, 3 * EPOCHS, 0.0, 0.7, 3.5),  # the best in truth, and not seen to be
    )
    plan = Comparing(("m",), seeds=1, budget=4 * EPOCHS, controls=False)
    result = outcome(small_table, [Search(Unit("m", 0, False), steps, 0.0)], plan).results["m"]
    wanted = [target[bad], target[middling], target[middling], target[middling]]
    np.testing.assert_allclose(result.curves[0], np.array(wanted) - target.min())
    assert result.reach == (3 * EPOCHS,)
    assert result.times == (3.5,)
    assert result.clock == 3.5
    assert good in best(small_table)


def test_the_reports_hold_every_method(found: Outcome, small_table: Table, tmp_path: Path) -> None:
    rows = report.cells(found, "random")
    assert rows[1][0] == EVOLUTION, "the best comes first"
    assert report.text(found, "random").count("\n") == 2
    assert report.markdown(rows).splitlines()[1] == "|" + "---|" * len(rows[0])
    data = report.to_json(found, small_table, "small", PLAN, points=7)
    assert [item["method"] for item in data["methods"]] == ["random", EVOLUTION]
    assert all(len(item["curve"]) <= 7 for item in data["methods"])
    report.draw(found, small_table, tmp_path / "c.png", "small")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_a_rival_that_is_no_method_has_no_control_and_seeds_begin_where_told() -> None:
    plan = Comparing(("a",), ("b", "a"), seeds=2, first=7)
    assert list(plan.units()) == [
        Unit("a", 7, False), Unit("a", 7, True), Unit("b", 7, False),
        Unit("a", 8, False), Unit("a", 8, True), Unit("b", 8, False),
    ]  # fmt: skip


def test_workers_are_compared_by_the_clock(table_file: Path, tmp_path: Path) -> None:
    plan = Comparing(
        (EVOLUTION,), ("random",), seeds=3, budget=20 * EPOCHS, lag=4, workers=4, controls=False
    )
    searches = compare(table_file, plan, tmp_path / "journal")
    again = compare(table_file, plan, tmp_path / "journal")
    assert [search.unit for search in again] == [search.unit for search in searches]
    for first, second in zip(searches, again, strict=True):
        assert second.clock == pytest.approx(first.clock, abs=1e-4)
        assert first.seconds / 4 <= first.clock < first.seconds
    found = outcome(archc.table(str(table_file)).table, searches, plan)
    assert {test.what for test in found.tests} == {"area", "reach", "clock"}
    assert report.cells(found, "random", 4)[0][-1] == "workers busy"
    data = report.to_json(found, archc.table(str(table_file)).table, "small", plan)
    assert data["workers"] == 4
    assert all(0 < item["busy"] <= 1 for item in data["methods"])
    with pytest.raises(ValueError, match="keeps no 5 workers busy"):
        Comparing(("random",), lag=4, workers=5)


def test_how_many_times_less_comes_with_an_interval(found: Outcome) -> None:
    (test,) = (t for t in found.tests if (t.method, t.what) == (EVOLUTION, "reach")
               and t.against == "random")  # fmt: skip
    assert test.ratio is not None
    ratio, low, high = test.ratio
    assert low <= ratio <= high
    own, others = (sorted(found.results[name].reach)[11] for name in (EVOLUTION, "random"))
    assert ratio == pytest.approx(others / own)


def test_holm_corrects_step_by_step() -> None:
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([0.6, 0.9]) == [1.0, 1.0]


def test_tests_tell_what_differs_from_what_does_not() -> None:
    numbers = [float(number) for number in range(20)]
    assert statistics.paired(numbers, [n + 1 for n in numbers]) < 0.001
    assert statistics.paired(numbers, numbers) == 1.0
    assert statistics.unpaired([inf] * 9, [inf] * 9) == 1.0
    assert statistics.unpaired(numbers, [inf] * 20) < 0.001


def test_intervals_hold_what_they_should() -> None:
    rows = np.arange(60, dtype=np.float64).reshape(30, 2)
    mean, low, high = statistics.mean_interval(rows)
    np.testing.assert_allclose(mean, rows.mean(axis=0))
    assert ((low < mean) & (mean < high)).all()
    median, least, most = statistics.median_interval([1.0, 2.0, 3.0, inf, inf])
    assert (median, most) == (3.0, inf)
    assert least < 3.0
    ratio, _, _ = statistics.ratio_interval([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
    assert ratio == 10.0


def test_a_method_that_cannot_search_is_told_before_anything_runs(
    table_file: Path, tmp_path: Path, small: Space
) -> None:
    with pytest.raises(SearchError, match="no search method 'nothing'"):
        compare(table_file, Comparing(("nothing",)), tmp_path / "journal")
    assert not (tmp_path / "journal").exists()
