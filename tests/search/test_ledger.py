"""Budgets: what trials take is charged before they run, and adds up to the closed form."""

from typing import Any

import archc
import pytest
from archc.compiler import cost
from archc.compiler.spaces.space import Space
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.ledger import Budget, Whole
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study


def anything(program: Any, trial: Any) -> float:
    return float(trial.number)


def study_of(space: Space, method: Any, whole: Whole | None = None) -> Study:
    return Study(Store(None), "study", space, method, whole=whole or Whole())


def spent(study: Study, name: str = "epochs") -> float:
    return sum(trial.cost.get(name, 0.0) for trial in study.trials)


@pytest.mark.parametrize(("most", "eta"), [(9, 3), (8, 2), (4, 2)])
def test_a_round_of_hyperband_takes_what_its_formula_says(most: int, eta: int, wide: Space) -> None:
    """Sum over brackets s and rungs i of floor(n / eta^i) times what is added to r eta^i."""
    last = 0
    while eta ** (last + 1) <= most:
        last += 1
    total, trials = 0, 0
    for s in range(last, -1, -1):
        n = -(-(last + 1) * eta**s // (s + 1))
        amounts = [most // eta ** (s - i) for i in range(s + 1)]
        sizes = [n // eta**i for i in range(s + 1)]
        added = [now - before for now, before in zip(amounts, [0, *amounts], strict=False)]
        total += sum(size * more for size, more in zip(sizes, added, strict=True))
        trials += sum(sizes)
    study = study_of(wide, make_method("hyperband", {"most": most, "eta": eta}))
    study.run(InlineExecutor(anything), trials=trials)
    assert spent(study) == total
    again = study_of(wide, make_method("hyperband", {"most": most, "eta": eta}))
    again.run(InlineExecutor(anything), Budget(epochs=total))
    assert (len(again.trials), spent(again)) == (trials, total)


def test_a_budget_of_epochs_is_never_exceeded(wide: Space) -> None:
    study = study_of(wide, make_method("random"), Whole(epochs=7))
    study.run(InlineExecutor(anything), Budget(epochs=30))
    assert (len(study.trials), study.ended) == (4, "COMPLETE")
    study.run(InlineExecutor(anything), Budget(epochs=35))
    assert len(study.trials) == 5
    straight = study_of(wide, make_method("random"), Whole(epochs=7))
    straight.run(InlineExecutor(anything), Budget(epochs=35))
    assert [trial.trace for trial in study.trials] == [trial.trace for trial in straight.trials]


def test_training_flops_are_three_forward_passes_of_every_row(wide: Space) -> None:
    study = study_of(wide, make_method("random"), Whole(epochs=2, rows=100))
    study.run(InlineExecutor(anything), Budget(trials=5, flops=1e15))
    for trial in study.trials:
        forward = cost.flops(archc.compile(trial.text).graph)
        assert trial.cost["flops"] == 2 * 100 * 3 * forward
    most = sum(trial.cost["flops"] for trial in study.trials[:3])
    less = study_of(wide, make_method("random"), Whole(epochs=2, rows=100))
    less.run(InlineExecutor(anything), Budget(flops=most))
    assert len(less.trials) == 3


def test_what_is_known_costs_nothing(plain: Space) -> None:
    given = {"population": 3, "tournament": 2}
    study = study_of(plain, make_method("regularized_evolution", given), Whole(epochs=1))
    study.run(InlineExecutor(anything), Budget(epochs=12))
    replayed = [trial for trial in study.trials if trial.replay_of is not None]
    assert replayed
    assert len(study.trials) == 12 + len(replayed)


def test_a_budget_that_nothing_tells_of_is_refused(plain: Space) -> None:
    study = study_of(plain, make_method("random"))
    with pytest.raises(SearchError, match="nothing tells how many epochs"):
        study.run(InlineExecutor(anything), Budget(epochs=3))
    with pytest.raises(ValueError, match="a budget of trials is above 0"):
        Budget(trials=0)


def test_a_part_of_the_data_is_a_part_of_an_epoch(wide: Space) -> None:
    study = study_of(wide, make_method("halving", {"count": 4, "most": 4, "resource": "data"}),
                     Whole(epochs=2))  # fmt: skip
    study.run(InlineExecutor(anything), trials=7)
    costs = [trial.cost["epochs"] for trial in study.trials]
    assert costs == [0.5] * 4 + [1.0] * 2 + [2.0], "more data are another training"
