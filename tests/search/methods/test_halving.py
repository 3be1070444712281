"""Successive halving, Hyperband and ASHA: ledgers, survivors, what they find and at what cost."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.engines import Engine
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.methods.halving import amounts
from archc.search.methods.hyperband import brackets
from archc.search.registry import make_method, settings_of
from archc.search.searching import Search, run
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State, Trial

HEAD = "on x: f32[N, 4] -> f32[N, 2]"
MOST = 64
Curves = Callable[[int, int], float]


@pytest.fixture(scope="module")
def sixty_four() -> Space:
    """64 programs, told apart by one number."""
    return archc.space(f"network Net {HEAD} {{ x -> dense(1..64) -> relu -> dense(2) }}")


def parallel(program: int, epoch: int) -> float:
    """Learning curves that never cross: the best after an epoch is the best after all."""
    return _quality(program) * (1 - 0.7**epoch)


def crossing(program: int, epoch: int) -> float:
    """The better a program is in the end, the slower it learns."""
    quality = _quality(program)
    return quality * epoch / MOST if epoch >= MOST // 2 else -quality * (1 - epoch / MOST)


def _quality(program: int) -> float:
    return program * 37 % 65 / 65


def study(
    space: Space,
    method: str,
    curves: Curves,
    trials: int,
    seed: int = 0,
    lag: int = 8,
    **given: Any,
) -> tuple[Study, list[int]]:
    """A finished study, and how many epochs every trial really ran."""
    spent: list[int] = []

    def train(program: Any, trial: Any) -> float:
        counter: Path = trial.directory / "epochs"
        done = int(counter.read_text()) if counter.exists() else 0
        until = int(trial.fidelity["epochs"])
        counter.write_text(str(until))
        spent.append(until - done)
        return curves(program.trace[0].value, until)

    found = Study(Store(None), "study", space, make_method(method, given), seed=seed, lag=lag)
    found.run(InlineExecutor(train), trials=trials)
    return found, spent


def rungs(trials: Sequence[Trial]) -> list[tuple[float, int]]:
    """The fidelities in the order in which they were proposed, each with how often in a row."""
    found: list[tuple[float, int]] = []
    for trial in trials:
        amount = trial.fidelity["epochs"]
        if found and found[-1][0] == amount:
            found[-1] = amount, found[-1][1] + 1
        else:
            found.append((amount, 1))
    return found


# --- successive halving


def test_the_ledger_of_halving_is_its_closed_form(sixty_four: Space) -> None:
    given = {"count": 64, "eta": 2, "least": 1, "most": MOST}
    found, spent = study(sixty_four, "halving", parallel, 127, **given)
    assert rungs(found.trials) == [(1, 64), (2, 32), (4, 16), (8, 8), (16, 4), (32, 2), (64, 1)]
    assert sum(spent) == 64 * 1 + sum(64 // 2**rung * 2 ** (rung - 1) for rung in range(1, 7))


def test_halving_finds_the_best_curve_for_a_quarter_of_the_cost(sixty_four: Space) -> None:
    given = {"count": 64, "eta": 2, "least": 1, "most": MOST}
    found, spent = study(sixty_four, "halving", parallel, 127, **given)
    assert found.best is not None
    assert _quality(found.best.trace[0].value) == max(map(_quality, range(1, 65)))
    assert sum(spent) <= 0.25 * 64 * MOST


def test_curves_that_cross_deceive_it(sixty_four: Space) -> None:
    given = {"count": 64, "eta": 2, "least": 1, "most": MOST}
    found, _ = study(sixty_four, "halving", crossing, 127, **given)
    assert found.best is not None
    assert _quality(found.best.trace[0].value) < 0.5


@pytest.mark.parametrize("lag", [1, 3, 8, 30])
def test_a_rung_goes_on_with_the_best_of_all_of_the_one_below(sixty_four: Space, lag: int) -> None:
    found, _ = study(sixty_four, "halving", parallel, 25, seed=1, lag=lag, count=16, eta=4, most=16)
    assert rungs(found.trials) == [(1, 16), (4, 4), (16, 1), (1, 4)]
    first, second, third = found.trials[:16], found.trials[16:20], found.trials[20]
    order = sorted(first, key=lambda trial: trial.merit or 0, reverse=True)
    assert [trial.resumes for trial in second] == [trial.number for trial in order[:4]]
    assert third.resumes == max(second, key=lambda trial: trial.merit or 0).number
    begun = [trial.hash for trial in found.trials if trial.resumes is None]
    assert len(set(begun)) == len(begun)


def test_failed_trials_do_not_survive(sixty_four: Space) -> None:
    def failing(program: int, epoch: int) -> float:
        return float("nan") if program > 8 else program

    found, _ = study(sixty_four, "halving", failing, 40, count=32, eta=2, most=32)
    survivors = [trial for trial in found.trials if trial.resumes is not None]
    assert survivors
    assert all(trial.state is State.DONE for trial in survivors)


def test_a_space_that_is_smaller_than_a_bracket_is_searched_to_its_end() -> None:
    space = archc.space(f"network Net {HEAD} {{ x -> dense(1..6) -> dense(2) }}")
    found, _ = study(space, "halving", parallel, 100, count=16, eta=2, most=16)
    assert found.ended == "EXHAUSTED"
    assert [count for _, count in rungs(found.trials)] == [6, 3, 1]


def test_an_inner_method_proposes_what_begins(sixty_four: Space) -> None:
    inner = {"method": "regularized_evolution", "population": 8, "tournament": 8}
    given = {"count": 16, "eta": 4, "most": 16, "inner": inner}
    found, _ = study(sixty_four, "halving", parallel, 60, **given)
    assert rungs(found.trials)[:3] == [(1, 16), (4, 4), (16, 1)]
    begun = [trial for trial in found.trials if trial.resumes is None]
    children = [trial for trial in begun if trial.parents]
    assert len(children) > 20
    assert all(trial.parents[0] < trial.number for trial in children)
    settings = settings_of(make_method("halving", given))
    assert settings["inner"] == inner
    assert settings_of(make_method("halving", settings)) == settings


# --- Hyperband


def test_the_brackets_of_the_paper_by_its_formula() -> None:
    sizes = [
        [plan.size(plan.count, rung) for rung in range(len(plan.amounts))]
        for plan in brackets(81, 3)
    ]
    assert sizes == [[81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]]
    assert [plan.amounts for plan in brackets(81, 3)] == [
        (1, 3, 9, 27, 81), (3, 9, 27, 81), (9, 27, 81), (27, 81), (81,),
    ]  # fmt: skip


@pytest.mark.parametrize(("eta", "power"), [(3, 5), (2, 10), (5, 3), (10, 3)])
def test_no_bracket_is_lost_to_rounding(eta: int, power: int) -> None:
    assert len(brackets(eta**power, eta)) == power + 1
    assert len(brackets(eta**power - 1, eta)) == power


def test_the_ledger_of_hyperband_is_its_closed_form() -> None:
    space = archc.space(f"network Net {HEAD} {{ x -> dense(1..900) -> relu -> dense(2) }}")
    found, spent = study(space, "hyperband", parallel, 40, most=9, eta=3)
    assert rungs(found.trials)[:6] == [(1, 9), (3, 3), (9, 1), (3, 5), (9, 1 + 3), (1, 9)]
    closed = 9 * 1 + 3 * 2 + 1 * 6 + 5 * 3 + 1 * 6 + 3 * 9
    assert sum(spent[:22]) == closed


# --- ASHA


def test_asha_lets_go_on_the_best_of_what_it_knows(sixty_four: Space) -> None:
    lag = 4
    found, spent = study(sixty_four, "asha", parallel, 70, lag=lag, eta=4, most=16)
    rung_of: dict[int, int] = {}
    for trial in found.trials:
        rung_of[trial.number] = 0 if trial.resumes is None else rung_of[trial.resumes] + 1
        assert trial.fidelity == {"epochs": 4 ** rung_of[trial.number]}
        if trial.resumes is None:
            continue
        known = [
            other
            for other in found.trials[: trial.sees]
            if rung_of[other.number] == rung_of[trial.number] - 1
        ]
        better = sorted(known, key=lambda other: other.merit or 0, reverse=True)
        assert trial.resumes in {other.number for other in better[: len(known) // 4]}
    resumed = [trial.resumes for trial in found.trials if trial.resumes is not None]
    assert len(set(resumed)) == len(resumed)
    assert max(rung_of.values()) == 2
    expected = [4 ** rung_of[n] - (4 ** (rung_of[n] - 1) if rung_of[n] else 0) for n in rung_of]
    assert spent == expected  # survivors go on: nobody is trained from the start again


def test_the_last_rung_is_a_whole_training_whatever_it_is_a_multiple_of(sixty_four: Space) -> None:
    found, spent = study(sixty_four, "asha", parallel, 80, lag=1, eta=4, most=27)
    assert {trial.fidelity["epochs"] for trial in found.trials} == {1, 4, 16, 27}
    assert set(spent) == {1, 3, 12, 11}, "each rung pays what it adds"
    assert amounts(16, 2, 1, 11) == (1, 2, 4, 8, 11)
    assert amounts(8, 2, 1, 11) == (1, 2, 4, 8), "one program is left"
    assert amounts(1, 3, 2, 27) == (2,)


def test_asha_waits_for_no_rung(sixty_four: Space) -> None:
    found, _ = study(sixty_four, "asha", parallel, 60, lag=8, eta=2, most=16)
    assert all(trial.sees == max(0, trial.number - 7) for trial in found.trials)


# --- what cannot be


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("halving", {"eta": 1}, "eta is at least 2"),
        ("halving", {"least": 20, "most": 10}, "least is 1 to most"),
        ("hyperband", {"resource": "seconds"}, "resource is one of epochs, data"),
        ("asha", {"inner": "nonsense"}, "there is no search method 'nonsense'"),
    ],
)
def test_settings_of_which_no_rungs_can_be_made(
    method: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(SearchError, match=message):
        make_method(method, given)


@pytest.mark.parametrize("method", ["halving", "hyperband", "asha"])
def test_an_evaluation_without_fidelities_is_refused_before_the_study(
    method: str, sixty_four: Space
) -> None:
    with pytest.raises((SearchError, TypeError, ValueError), match="fidelit"):
        run(sixty_four, make_method(method), lambda program: 1.0, Search(engine=Engine(jobs=0)))
