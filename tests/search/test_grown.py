"""Studies of programs that are grown by edits: without a trace they are proposed, kept, resumed,
replayed and told of like any other.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import archc
import pytest
from archc.cli.main import run as archc_run
from archc.compiler.spaces.growth.grown import GrownProgram
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.space import Space
from archc.search.candidate import program_of
from archc.search.definition import Definition
from archc.search.executors.inline import InlineExecutor
from archc.search.executors.local import LocalExecutor
from archc.search.goal import Goal, Objective
from archc.search.ledger import Budget, Whole
from archc.search.method import History, Manipulated, Method, Proposal
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

TEXT = """
network Net on x: f32[N, 4] -> f32[N, _] {
    x -> dense(4 | 8) -> relu
}
train Net {
    data = csv("a.csv")
    epochs = 3
}
"""
WORDS = "vocabulary V {\n    relu\n    tanh\n    dense(4)\n    dense(8)\n}\n"


@dataclass
class Growing(Method):
    """Draws two programs and then edits the best, or now and then an older one."""

    start: int = 2
    repeats: ClassVar[bool] = False
    manipulates: ClassVar[frozenset[Manipulated]] = frozenset({Manipulated.LAYERS})

    def ask(self, history: History, random: Random) -> Proposal:
        if len(history.scored) < self.start:
            return Proposal(history.space.sample(random.bits()))
        parent = max(history.scored[-4:], key=lambda trial: trial.goodness)
        growth = archc.growth(history.complete(parent), history.space.name, vocabulary=WORDS)
        edits = ["insert", "replace", "add_skip", "alter"]
        return Proposal(growth.grow(random.bits(), edit=edits), (parent.number,))


@dataclass
class Repeating(Growing):
    """Proposes the same grown program again and again."""

    repeats: ClassVar[bool] = True

    def ask(self, history: History, random: Random) -> Proposal:
        growth = archc.growth(history.space.from_trace([("Net.dense.units", 4)]), vocabulary=WORDS)
        return Proposal(growth.grow(seed=1, edit="insert"))


@dataclass
class GoingOn(Growing):
    """A grown program for one epoch, then for three."""

    fidelities: ClassVar[bool] = True

    def ask(self, history: History, random: Random) -> Proposal:
        if not history.trials:
            grown = archc.grow(history.space.sample(0), 1, edit="insert", vocabulary=WORDS)
            return Proposal(grown, fidelity={"epochs": 1})
        last = history.trials[-1]
        return Proposal(history.complete(last), (last.number,), {"epochs": 3}, resumes=last.number)

    def awaits(self, history: History) -> int:
        return history.number


def evaluate(program: Any) -> dict[str, float]:
    """Deeper is better; the graph is read, as a training would."""
    return {"depth": float(len(program.graph.nodes)), "size": float(program.params)}


@pytest.fixture
def space() -> Space:
    return archc.space(TEXT)


Made = Callable[..., Study]


@pytest.fixture
def study(space: Space, tmp_path: Path) -> Made:
    def make(name: str = "study", method: Method | None = None, **settings: Any) -> Study:
        store = Store(tmp_path / "study.db")
        given = {"goal": Goal((Objective("depth"),)), "evaluator": "depth 1"} | settings
        return Study(store, name, space, method or Growing(), Definition(**given))

    return make


def rows(found: Study) -> list[Any]:
    return [
        (trial.number, trial.text, trial.hash, trial.identity, trial.parents, dict(trial.scores))
        for trial in found.trials
    ]


def test_grown_programs_are_tried_and_get_better(study: Made) -> None:
    found = study()
    found.run(InlineExecutor(evaluate), trials=25)
    grown = [trial for trial in found.trials if not trial.trace]
    assert len(grown) >= 15
    assert {trial.state for trial in found.trials} == {State.DONE}
    assert len({trial.identity for trial in found.trials}) == 25
    assert found.best is not None
    assert found.best.scores["depth"] >= 4  # the space's own have two
    again = archc.compile(found.best.text)
    assert (again.hash, len(again.graph.nodes)) == (found.best.hash, found.best.scores["depth"])


def test_a_study_that_was_stopped_is_the_same(study: Made) -> None:
    whole = study("whole")
    whole.run(InlineExecutor(evaluate), trials=18)
    for trials in (5, 6, 13, 18):
        part = study("parts")
        part.run(InlineExecutor(evaluate), trials=trials)
    assert rows(part) == rows(whole)


def test_workers_make_no_difference(study: Made) -> None:
    def depth(program: Any) -> dict[str, float]:  # travels to the workers as it is
        model = archc.compile(program)
        return {"depth": float(len(model.graph.nodes)), "size": float(model.params)}

    whole = study("whole", lag=2)
    whole.run(InlineExecutor(depth), trials=12)
    many = study("many", lag=2)
    many.run(LocalExecutor(depth, 2), trials=12)
    assert {trial.error for trial in many.trials} == {""}
    assert rows(many) == rows(whole)


def test_the_program_of_a_trial_is_made_of_its_text(study: Made, space: Space) -> None:
    found = study()
    found.run(InlineExecutor(evaluate), trials=12)
    for trial in found.trials:
        program = program_of(space, trial)
        assert isinstance(program, GrownProgram) is (not trial.trace)
        assert (program.text, program.hash) == (trial.text, trial.hash)
        assert "epochs = 3" in program.training


def test_a_grown_program_that_comes_again_is_replayed(study: Made) -> None:
    calls = []

    def counted(program: Any) -> dict[str, float]:
        calls.append(program)
        return evaluate(program)

    found = study(method=Repeating(), lag=1)
    found.run(InlineExecutor(counted), trials=5)
    assert len(calls) == 1
    assert [trial.replay_of for trial in found.trials] == [None, 0, 0, 0, 0]
    assert len({tuple(trial.scores.items()) for trial in found.trials}) == 1


def test_what_another_study_knew_is_taken_over(study: Made) -> None:
    study("first").run(InlineExecutor(evaluate), trials=10)
    second = study("second", shared=True)
    second.run(InlineExecutor(evaluate), trials=10)
    assert [trial.source for trial in second.trials] == [f"first#{n}" for n in range(10)]


def test_a_grown_program_is_trained_further(study: Made) -> None:
    found = study(method=GoingOn())
    found.run(InlineExecutor(lambda program, trial: evaluate(program)), trials=2)
    first, second = found.trials
    assert first.trace == second.trace == ()
    assert (second.resumes, second.text) == (0, first.text)
    assert second.identity != first.identity


def test_a_method_that_grows_can_be_the_inner_one_of_halving(study: Made) -> None:
    given = {"inner": Growing(start=1), "count": 8, "most": 4}
    found = study(method=make_method("halving", given), whole=Whole(epochs=4), lag=1)
    found.run(InlineExecutor(lambda program, trial: evaluate(program)), trials=20)
    further = [trial for trial in found.trials if trial.resumes is not None]
    assert further
    assert any(not trial.trace for trial in found.trials)
    assert all(found.trials[trial.resumes].text == trial.text for trial in further)


def test_costs_and_numbers_of_the_graph_are_known_beforehand(study: Made) -> None:
    goal = Goal((Objective("depth"), Objective("params", maximize=False)))
    whole = Whole(epochs=3, rows=100)
    found = study(goal=goal, whole=whole)
    found.run(InlineExecutor(evaluate), Budget(trials=8, flops=1e9))
    for trial in found.trials:
        assert trial.scores["params"] == trial.scores["size"]
        assert trial.cost["flops"] > 0


def test_a_method_of_drawn_programs_is_told_that_one_was_grown(study: Made, space: Space) -> None:
    found = study()
    found.run(InlineExecutor(evaluate), trials=8)
    grown = next(trial for trial in found.trials if not trial.trace)
    with pytest.raises(ValueError, match=f"trial {grown.number} was grown"):
        History(space, found.trials).program(grown)


def test_commands_tell_of_grown_trials(
    study: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = study()
    found.run(InlineExecutor(evaluate), trials=6)
    store = str(tmp_path / "study.db")
    assert archc_run(["study", "show", store, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [trial["hash"] for trial in told["trials"]] == [trial.hash for trial in found.trials]
    assert archc_run(["study", "show", store]) == 0
    assert archc_run(["study", "export", store, "-o", str(tmp_path / "trials.csv")]) == 0
    assert archc_run(["study", "report", store, "-o", str(tmp_path / "report.html")]) == 0
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert found.trials[-1].text.partition("\n")[0] in report


def test_a_space_of_one_program_draws_it_without_a_trace(tmp_path: Path) -> None:
    space = archc.space(TEXT.replace("4 | 8", "4"))
    found = Study(Store(tmp_path / "study.db"), "study", space, Growing(start=1), Definition(lag=1))
    found.run(InlineExecutor(lambda program: program.params), trials=6)
    drawn = [isinstance(program_of(space, trial), archc.DrawnProgram) for trial in found.trials]
    assert drawn == [True] + [False] * 5
