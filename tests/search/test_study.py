"""Studies: which number counts, budgets, and what methods are called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executor import takes_trial
from archc.search.executors.inline import InlineExecutor
from archc.search.goal import Goal, Objective
from archc.search.ledger import Budget
from archc.search.methods.random import RandomSearch
from archc.search.registry import make_method, method_names, name_of
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

Search = Callable[..., Study]


def test_the_methods_are_the_files() -> None:
    assert {"grid", "random", "regularized_evolution"} <= set(method_names())
    assert [name_of(make_method(name)) for name in method_names()] == list(method_names())


def test_a_wrong_method_is_told() -> None:
    with pytest.raises(SearchError, match="no search method 'evolutoin'"):
        make_method("evolutoin")
    with pytest.raises(SearchError, match="no setting 'size'"):
        make_method("regularized_evolution", {"size": 3})
    with pytest.raises(SearchError, match="population is of type int"):
        make_method("regularized_evolution", {"population": 2.5})
    with pytest.raises(SearchError, match="population is at least 1"):
        make_method("regularized_evolution", {"population": 0})


def test_the_papers_defaults() -> None:
    method: Any = make_method("regularized_evolution")
    assert (method.population, method.tournament) == (100, 25)


def test_less_can_be_better(plain: Space, search: Search) -> None:
    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        return {"loss": float(trial.number), "other": 1.0}

    study = search(plain, "random", evaluate, 5, goal=Goal((Objective("loss", maximize=False),)))
    assert study.best is not None
    assert (study.best.number, study.best.merit) == (0, 0.0)
    study = search(plain, "random", evaluate, 5, goal=Goal((Objective("loss"),)))
    assert study.best is not None
    assert study.best.number == 4


def test_evolution_goes_where_less_is_better(wide: Space, search: Search, oracle: Any) -> None:
    given = {"population": 8, "tournament": 4}
    means = [
        sum(
            oracle(trial)
            for trial in search(
                wide, "regularized_evolution", oracle, 40,
                method_settings=given, goal=Goal((Objective(maximize=maximize),)),
            ).trials[20:]
        )
        for maximize in (False, True)
    ]  # fmt: skip
    assert means[0] < means[1]


def test_which_number_counts_must_be_told(plain: Space, search: Search) -> None:
    study = search(plain, evaluate=lambda program: {"a": 1, "b": 2}, trials=2)
    assert [trial.state for trial in study.trials] == [State.ERROR] * 2
    assert "nobody said which counts" in study.trials[0].error
    study = search(
        plain, evaluate=lambda program: {"a": 1}, trials=2, goal=Goal((Objective("accuracy"),))
    )
    assert "no 'accuracy' (it tells: a)" in study.trials[0].error


def test_the_time_is_a_budget(plain: Space, oracle: Any) -> None:
    study = Study(Store(None), "study", plain, make_method("random"))
    study.run(InlineExecutor(oracle), Budget(trials=10, seconds=1e-9))
    assert (study.ended, study.trials) == ("OUT_OF_TIME", [])
    study.run(InlineExecutor(oracle), trials=3)
    assert (study.ended, len(study.trials)) == ("COMPLETE", 3)


@pytest.mark.parametrize("method", ["random", "grid"])
def test_a_space_is_searched_to_its_end(method: str, plain: Space, search: Search) -> None:
    study = search(plain, method, trials=1000)
    assert study.ended == "EXHAUSTED"
    assert len(study.trials) == plain.size == 18
    assert len({trial.hash for trial in study.trials}) == 18


def test_evolution_in_a_space_with_nothing_left_ends(plain: Space, search: Search) -> None:
    given = {"population": 5, "tournament": 2}
    study = search(plain, "regularized_evolution", trials=10_000, method_settings=given)
    assert study.ended == "EXHAUSTED"
    assert len(study.trials) < 3000


def test_grid_refuses_a_real_range() -> None:
    space = archc.space(
        """network Real on x: f32[N, 4] -> f32[N, 4] { x -> dropout(0.1..0.5) -> dense(4) }"""
    )
    study = Study(Store(None), "study", space, make_method("grid"))
    with pytest.raises(SearchError, match="give it a `step`"):
        study.run(InlineExecutor(lambda program: 1.0), trials=3)


def test_an_evaluation_takes_a_program_or_also_the_trial() -> None:
    assert not takes_trial(lambda program: 1)
    assert takes_trial(lambda program, trial: 1)
    assert not takes_trial(lambda program, scale=2: 1)
    assert takes_trial(lambda program, trial=None: 1)
    with pytest.raises(TypeError, match=r"\(program\) or \(program, trial\)"):
        takes_trial(lambda: 1)


def test_trials_start_from_exactly_what_the_lag_lets_them_see(plain: Space, oracle: Any) -> None:
    seen: list[tuple[int, list[int]]] = []
    method = make_method("random")
    ask = type(method).ask

    class Watching(type(method)):  # type: ignore[misc]
        def ask(self, history: Any, random: Any) -> Any:
            numbers = [trial.number for trial in history.trials]
            if not seen or seen[-1][0] != history.number:
                seen.append((history.number, numbers))
            return ask(self, history, random)

    study = Study(Store(None), "study", plain, Watching(), lag=3)
    study.run(InlineExecutor(oracle), trials=8)
    assert seen == [(n, list(range(max(0, n - 2)))) for n in range(8)]


def test_an_asynchronous_study_sees_all_that_has_finished(
    plain: Space, oracle: Any, tmp_path: Path
) -> None:
    seen: dict[int, list[int]] = {}

    class Watching(RandomSearch):
        def ask(self, history: Any, random: Any) -> Any:
            seen[history.number] = [trial.number for trial in history.trials]
            return super().ask(history, random)

    store = Store(tmp_path / "study.db")
    study = Study(store, "study", plain, Watching(), lag=None)
    finished: list[int] = []
    study.run(InlineExecutor(oracle), trials=6, seen=lambda trial: finished.append(trial.number))
    assert seen == {number: list(range(number)) for number in range(6)}
    assert finished == list(range(6))
    assert [trial.sees for trial in study.trials] == [0, 1, 2, 3, 4, 5]
    again = Study(store, "study", plain, Watching(), lag=None)
    again.run(InlineExecutor(oracle), trials=8)
    assert [trial.sees for trial in again.trials] == list(range(8))
    store.close()
    with pytest.raises(ValueError, match="make it asynchronous"):
        run_search_with(12, asynchronous=False)
    assert len(run_search_with(12, asynchronous=True).trials) == 3


def run_search_with(jobs: int, asynchronous: bool) -> Study:
    space = archc.space(
        "network N on x: f32[N, 4] -> f32[N, 4] { x -> dense(4..30) -> dense(4) }\n"
    )
    return archc.run_search(
        space, "random", lambda program: 1.0, trials=3, jobs=jobs, asynchronous=asynchronous
    )
