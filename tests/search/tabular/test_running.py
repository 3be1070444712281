"""Searches against a table: the same as studies, only quicker; controls; what they spend."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import archc
import numpy as np
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
    assert steps[-1].seconds == steps[-1].clock == pytest.approx(12 * SECONDS)


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


@pytest.mark.parametrize("name", ["random", "regularized_evolution(population=4, tournament=2)"])
def test_workers_change_when_and_not_what(name: str, small: Space, small_table: Table) -> None:
    answers = Answers(small_table, small, seed=5)
    one, two, four = (
        run(method_of(small_table, name), answers, BUDGET, seed=5, lag=4, workers=workers)
        for workers in (1, 2, 4)
    )
    assert [step.row for step in one] == [step.row for step in two] == [step.row for step in four]
    assert [step.clock for step in one] == [step.seconds for step in one]
    assert one[-1].clock > two[-1].clock > four[-1].clock
    if name == "random":  # others repeat themselves: what is known already takes up the lag
        assert two[-1].clock == pytest.approx(one[-1].clock / 2), "all take equally long"
        assert four[-1].clock == pytest.approx(one[-1].clock / 4)


def test_workers_are_as_fast_as_was_recorded(small: Space, small_table: Table) -> None:
    """Two workers, random search, no lag: whoever is free takes the next program."""
    seconds = np.random.default_rng(0).uniform(1, 9, len(small_table)).astype(np.float32)
    slow = replace(small_table, scores={"seconds": np.stack([seconds] * 3, axis=1)})
    answers = Answers(slow, small, seed=1)
    alone = run(make_method("random"), answers, BUDGET, seed=1)
    steps = run(make_method("random"), answers, BUDGET, seed=1, lag=None, workers=2)
    free, wanted = [0.0, 0.0], []
    for step in alone:
        worker = free.index(min(free))
        free[worker] += float(seconds[step.row])
        wanted.append((pytest.approx(free[worker]), step.row))
    assert [(step.clock, step.row) for step in steps] == sorted(wanted, key=lambda w: w[0].expected)
    assert [step.spent for step in steps] == [EPOCHS * n for n in range(1, 13)]


def test_a_lag_waits_for_the_slowest_and_an_asynchronous_search_does_not(
    small: Space, small_table: Table
) -> None:
    seconds = np.ones((len(small_table), 3), dtype=np.float32)
    answers = Answers(replace(small_table, scores={"seconds": seconds}), small, seed=1)
    first = run(make_method("random"), answers, EPOCHS, seed=1)[0].row
    seconds[first] = 100.0
    answers = Answers(replace(small_table, scores={"seconds": seconds}), small, seed=1)
    lagging, free = (
        run(make_method("random"), answers, BUDGET, seed=1, lag=lag, workers=2) for lag in (2, None)
    )
    assert [step.row for step in lagging].index(first) == 1, "trial 2 is proposed from trial 0"
    assert [step.row for step in free].index(first) == 11, "the last to end"
    assert (free[-1].clock, lagging[-1].clock) == (100.0, 105.0)


@dataclass
class Repeating(Method):
    """The same program in all trials but the last."""

    repeats = True

    def ask(self, history: History, random: Random) -> Proposal:
        if history.number == 3:
            raise Exhausted
        return Proposal(history.space.sample(int(history.number == 2)))


def test_what_is_under_way_is_not_trained_twice(small: Space, small_table: Table) -> None:
    steps = run(Repeating(), Answers(small_table, small), BUDGET, seed=0, lag=None, workers=3)
    assert [(step.spent, step.clock) for step in steps] == [
        (EPOCHS, pytest.approx(SECONDS)), (2 * EPOCHS, pytest.approx(SECONDS))
    ]  # fmt: skip


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
