"""Objectives and constraints: the best, the front, the volume that it covers."""

from itertools import product
from random import Random
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.definition import Definition
from archc.search.engines import Engine
from archc.search.errors import SearchError
from archc.search.goal import Constraint, Goal, Objective, front_of, hypervolume
from archc.search.registry import make_method
from archc.search.searching import Search, goal, run
from archc.search.study import Study
from archc.search.trial import State, Trial


def trial(number: int, *merits: float, violation: float = 0.0) -> Trial:
    return Trial(number, "", "", "", (), state=State.DONE, merits=merits, violation=violation)


def test_the_front_is_what_nothing_dominates() -> None:
    random = Random(1)
    for objectives in (1, 2, 3):
        trials = [
            trial(n, *(random.randrange(6) for _ in range(objectives)), violation=n % 7 == 0)
            for n in range(60)
        ]
        feasible = [item for item in trials if item.feasible]
        wanted = [
            item
            for item in feasible
            if not any(
                other.merits != item.merits
                and all(a >= b for a, b in zip(other.merits, item.merits, strict=True))
                for other in feasible
            )
        ]
        found = front_of(trials)
        assert {item.merits for item in found} == {item.merits for item in wanted}
        assert len(found) == len({item.merits for item in found})
        assert [item.number for item in found] == sorted(item.number for item in found)


def test_hypervolume_counts_the_cells_that_are_covered() -> None:
    random = Random(2)
    for size in (1, 2, 3, 4):
        points = [tuple(random.randrange(5) for _ in range(size)) for _ in range(7)]
        cells = product(range(4), repeat=size)
        covered = sum(
            any(all(x < y for x, y in zip(cell, point, strict=True)) for point in points)
            for cell in cells
        )
        assert hypervolume(points, (0,) * size) == pytest.approx(covered)
    assert hypervolume([], (0, 0)) == 0
    assert hypervolume([(1, -1)], (0, 0)) == 0


def test_a_constraint_says_by_how_much_it_is_broken() -> None:
    most = Constraint("latency", most=4.0)
    assert most.violation({"latency": 4.0}) == 0
    assert most.violation({"latency": 6.0}) == pytest.approx(0.5)
    assert Constraint("recall", least=0.8).violation({"recall": 0.6}) == pytest.approx(0.25)
    with pytest.raises(LookupError, match="no 'latency'"):
        most.violation({"loss": 1.0})
    with pytest.raises(ValueError, match="x: nothing is at least 2"):
        Constraint("x", least=2, most=1)


def test_what_is_no_number_has_no_merit() -> None:
    both = Goal((Objective("a"), Objective("b", maximize=False)), (Constraint("c", most=1.0),))
    assert both.judge({"a": 1.0, "b": 2.0, "c": 2.0}) == ((1.0, -2.0), 1.0)
    assert both.judge({"a": 1.0, "b": None, "c": 0.0}) is None
    assert both.judge({"a": 1.0, "b": 2.0, "c": None}) is None
    with pytest.raises(ValueError, match="names of their own"):
        Goal((Objective("a"), Objective("a", maximize=False)))


def test_what_the_graph_tells_is_always_known(plain: Space) -> None:
    study = archc.run_search(
        plain, "random", lambda program: {"score": 1.0}, trials=6, jobs=0,
        minimize=["params", "flops", "activations", "layers", "longest_path"],
    )  # fmt: skip
    for item in study.trials:
        model = archc.compile(item.text)
        assert item.scores["params"] == model.params
        assert item.scores["flops"] == model.flops
        assert item.merits[0] == -model.params
    assert study.best == min(study.trials, key=lambda item: item.scores["params"])


def test_the_volume_of_a_front_is_told_by_names(plain: Space) -> None:
    def evaluate(program: Any, trial: Any) -> dict[str, float]:
        return [{"a": 3.0, "b": 9.0}, {"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 5.0}][trial.number]

    study = archc.run_search(
        plain, "random", evaluate, trials=3, jobs=0, maximize="a", minimize="b"
    )
    assert [item.number for item in study.front] == [0, 1]
    # 3 by 1 of the first, and 1 by 7 beyond it of the second
    assert study.hypervolume({"a": 0.0, "b": 10.0}) == 3 * 1 + 1 * 7


def test_where_the_graph_tells_all_nothing_is_evaluated(plain: Space) -> None:
    def never(program: Any) -> float:
        raise AssertionError

    aim = goal(None, "params", None)
    study = run(
        plain, make_method("random"), never, Search(Definition(goal=aim), engine=Engine(jobs=0))
    )
    assert {item.state for item in study.trials} == {State.DONE}


def test_only_what_keeps_the_constraints_is_best(plain: Space) -> None:
    study = archc.run_search(
        plain, "random", lambda program: {"good": program.trace[0].value}, trials=10, jobs=0,
        maximize="good", constraints={"good": (None, 16)},
    )  # fmt: skip
    assert {item.scores["good"] for item in study.trials} == {8, 16, 32}
    assert study.best is not None
    assert study.best.scores["good"] == 16
    assert {item.feasible for item in study.front} == {True}


def test_axes_without_a_size_are_told() -> None:
    space = archc.space(
        "network N on x: f32[N, T, 4] -> f32[N, T, 4] { x -> dense(4 | 5) -> dense(4) }\n"
    )
    with pytest.raises(SearchError, match="flops cannot be searched for"):
        archc.run_search(space, "random", lambda program: 1.0, trials=2, jobs=0, minimize="flops")


def test_evolution_prefers_what_keeps_the_constraints(wide: Space, search: Any) -> None:
    def evaluate(program: Any) -> dict[str, float]:
        values = [item.value for item in program.trace]
        return {"good": float(sum(values)), "size": float(values[0])}

    bound = Goal((Objective("good"),), (Constraint("size", most=4.0),))
    given = {"population": 8, "tournament": 6}
    study: Study = search(
        wide, "regularized_evolution", evaluate, 60, method_settings=given, goal=bound
    )
    late = study.trials[30:]
    assert sum(item.feasible for item in late) > len(late) / 2
