"""Searches against a table: the same as studies, only quicker; controls; what they spend."""

import time
from dataclasses import dataclass
from pathlib import Path

import archc
import pytest
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.space import Space
from archc.search.method import Exhausted, History, Method, Proposal
from archc.search.registry import make_method, method_names
from archc.search.tabular.methods import BASELINE, default_methods, listed, method_of
from archc.search.tabular.running import Answers, run
from archc.search.tabular.table import Table

from .conftest import EPOCHS, SECONDS

BUDGET = 12 * EPOCHS


@pytest.mark.parametrize("lag", [1, 4])
@pytest.mark.parametrize("name", ["random", "regularized_evolution(population=4, tournament=2)"])
def test_it_proposes_what_a_study_proposes(
    name: str, lag: int, small: Space, small_table: Table, table_file: Path
) -> None:
    answers = Answers(small_table, small, seed=5)
    steps = run(method_of(small_table, name), answers, BUDGET, seed=5, lag=lag)
    study = archc.run_search(
        small, method_of(small_table, name), archc.table(str(table_file)),
        minimize="loss", trials=40, jobs=0, seed=5, lag=lag,
    )  # fmt: skip
    fresh = [trial for trial in study.trials if trial.replay_of is None][: len(steps)]
    assert [step.row for step in steps] == [answers.row(study.program(t)) for t in fresh]
    assert [step.loss for step in steps] == [trial.scores["loss"] for trial in fresh]
    assert steps[-1].spent == BUDGET
    assert steps[-1].seconds == pytest.approx(12 * SECONDS)


@pytest.mark.parametrize("place", range(len(method_names())))
def test_every_method_of_the_registry_runs(place: int, small: Space, small_table: Table) -> None:
    text = default_methods(small_table)[place]
    answers = Answers(small_table, small, seed=1)
    steps = run(method_of(small_table, text), answers, BUDGET, seed=1)
    assert {1, EPOCHS} >= {min(step.epochs for step in steps), max(step.epochs for step in steps)}
    assert 0 < steps[-1].spent <= BUDGET


@dataclass
class Doubling(Method):
    """Trains one program after another for 1, 2, 4, 8 epochs, going on each time."""

    fidelities = True

    def ask(self, history: History, random: Random) -> Proposal:
        if history.number == 8:
            raise Exhausted
        epochs = 2 ** (history.number % 4)
        if epochs == 1:
            return Proposal(history.space.sample(random.bits()), fidelity={"epochs": 1})
        last = history.trials[-1]
        program = history.program(last)
        return Proposal(program, fidelity={"epochs": epochs}, resumes=last.number)


def test_going_on_costs_what_it_adds(small: Space, small_table: Table) -> None:
    steps = run(Doubling(), Answers(small_table, small), BUDGET, seed=0)
    assert [step.epochs for step in steps] == [1, 2, 4, 8] * 2
    assert [step.spent for step in steps] == [1, 2, 4, 8, 9, 10, 12, 16]
    assert steps[-1].seconds == pytest.approx(16 / EPOCHS * SECONDS)
    curve = small_table.curves["loss"][steps[0].row, 0]
    assert [step.loss for step in steps[:4]] == [curve[0], curve[1], curve[3], curve[7]]


def test_shuffled_rewards_are_those_of_another_program(small: Space, small_table: Table) -> None:
    plain, shuffled, other = (
        [
            Answers(small_table, small, seed, mixed).told(row, EPOCHS)
            for row in range(len(small_table))
        ]
        for seed, mixed in ((0, False), (0, True), (3, True))
    )
    assert sorted(plain) == sorted(shuffled)
    assert sum(a == b for a, b in zip(plain, shuffled, strict=True)) < 10
    assert shuffled != other
    again = Answers(small_table, small, 0, shuffled=True)
    assert [again.told(row, EPOCHS) for row in range(len(small_table))] == shuffled


def test_hundreds_of_searches_take_seconds(small: Space, small_table: Table) -> None:
    for seed in range(3):
        run(make_method("random"), Answers(small_table, small, seed), 20 * EPOCHS, seed=seed)
    begun = time.process_time()
    for seed in range(20):
        run(make_method("random"), Answers(small_table, small, seed), 20 * EPOCHS, seed=seed)
    assert time.process_time() - begun < 20 * 0.1


def test_methods_are_written_as_in_a_search_block(small_table: Table) -> None:
    made = method_of(small_table, "regularized_evolution(population=7, tournament=2)")
    assert (made.population, made.tournament) == (7, 2)  # type: ignore[attr-defined]
    text = "random,a(b=1, c=[2, 3]) , a(b=2)"
    assert listed([text, "random"]) == ("random", "a(b=1, c=[2, 3])", "a(b=2)")
    chosen = default_methods(small_table)
    assert chosen[0] == BASELINE
    assert set(method_names()) == {text.partition("(")[0] for text in chosen}
    assert "hyperband(eta=3, most=9)" in chosen
    assert "halving(count=9, eta=3, most=9)" in chosen
