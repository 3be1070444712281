"""Every method of the registry on spaces of different kinds: a new file there is tested here."""

import json
import random as shuffling
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.definition import Definition
from archc.search.executor import Outcome, Task, evaluated
from archc.search.ledger import Budget, Whole
from archc.search.method import ANY_CHOICE, Manipulated
from archc.search.registry import make_method, method_class, method_names, row_of, settings_of
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State, Trial, trace_pairs

SETTINGS: dict[str, Mapping[str, Any]] = {
    "asha": {"eta": 2, "most": 4},
    "halving": {"count": 4, "eta": 2, "most": 4},
    "hyperband": {"most": 4, "eta": 2},
    "regularized_evolution": {"population": 6, "tournament": 3},
}
HEAD = "on x: f32[N, 1, 8, 8] -> f32[N, 10]"
SPACES = {
    "plain": f"""network Plain {HEAD} {{
        x -> flatten -> dense(8 | 16 | 32) -> (relu | gelu | tanh) -> dense(8 | 12) -> dense(10)
    }}""",
    "nested": f"""network Nested {HEAD} {{
        x -> flatten -> (dense(4..9) -> (relu | tanh) | dense(16)) -> dense(8 | 12)? -> dense(10)
    }}""",
    "required": f"""network Required(width: int = 8 | 16 | 32) {HEAD} {{
        require params <= 1900
        x -> flatten -> dense(width) -> relu -> dense(4 | 8 | 16 | 32) -> (tanh | relu) -> dense(10)
    }}""",
    "repeated": f"""network Repeated {HEAD} {{
        x -> flatten -> dense(8) -> repeat(0..2) {{ dense(8) -> (relu | tanh) }} -> dense(10)
    }}""",
    "recursive": f"""block Tower on x: f32[N, 8] -> f32[N, 8] {{
        limit recursion = 3
        x -> dense(8 | 12) -> relu -> dense(8) -> (Tower | identity)
    }}
    network Recursive {HEAD} {{ x -> flatten -> dense(8) -> Tower -> dense(10) }}""",
    "every": f"""network Every {HEAD} {{
        a = x -> flatten -> dense(8 | 16)
        b = a -> (relu | tanh)
        (a | b) -> dense(10)
    }}
    train Every {{ batch = 32 | 64 | 128 }}""",
}
TRIALS = 12
LAG = 4

Search = Callable[..., Study]


def score(program: Any) -> float:
    """An oracle: narrow layers early, wide ones late, of whatever choices there are."""
    numbers = [item.value for item in program.trace if isinstance(item.value, int)]
    return float(sum((place + 1) * value for place, value in enumerate(numbers)) + len(numbers))


class Workers:
    """Any number of workers that finish in an order of their own, in this process."""

    def __init__(self, evaluate: Callable[..., Any], jobs: int, seed: int = 0) -> None:
        self.evaluate = evaluate
        self.jobs = jobs
        self.tasks: list[Task] = []
        self.random = shuffling.Random(seed)
        self.most = 0

    @property
    def free(self) -> int:
        return self.jobs - len(self.tasks)

    @property
    def busy(self) -> int:
        return len(self.tasks)

    def start(self, task: Task) -> None:
        self.tasks.append(task)
        self.most = max(self.most, len(self.tasks))

    def wait(self) -> list[Outcome]:
        task = self.tasks.pop(self.random.randrange(len(self.tasks)))
        return [evaluated(self.evaluate, task)]

    def withdraw(self) -> None:
        return

    def interrupt(self) -> None:
        self.tasks.clear()

    def close(self) -> None:
        self.tasks.clear()


class Stop(Exception):
    """Raised in the middle of a study, as a Ctrl-C would be."""


@pytest.fixture(params=method_names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SPACES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def space_of(kind: str) -> Space:
    return archc.space(SPACES[kind])


def settings(method: str) -> Mapping[str, Any]:
    return SETTINGS.get(method, {})


def proposals(study: Study) -> list[tuple[Any, ...]]:
    return [
        (trial.number, trial.trace, trial.parents, trial.text, trial.fidelity, trial.resumes,
         trial.sees, trial.merits)
        for trial in study.trials
    ]  # fmt: skip


def study_of(method: str, kind: str, path: Path | None = None, seed: int = 3) -> Study:
    made = make_method(method, settings(method))
    return Study(Store(path), "study", space_of(kind), made, seed=seed, lag=LAG)


@cache
def whole(method: str, kind: str, seed: int = 3) -> Study:
    """A study by one worker, from beginning to end."""
    study = study_of(method, kind, seed=seed)
    study.run(Workers(score, 1), trials=TRIALS)
    return study


def test_proposes_valid_programs_only(method: str, kind: str) -> None:
    study = whole(method, kind)
    assert len(study.trials) == TRIALS or study.ended == "EXHAUSTED"
    assert len(study.trials) > 3
    for trial in study.trials:
        assert space_of(kind).contains(trial.text), trial.text
        assert archc.compile(trial.text).hash == trial.hash
        assert all(parent < trial.number for parent in trial.parents)


def test_no_trial_twice_unless_it_says_so(method: str, kind: str) -> None:
    study = whole(method, kind)
    exact = [(trial.identity, str(trial.fidelity)) for trial in study.trials if trial.attempts]
    assert len(exact) == len(set(exact)), "a program was evaluated twice"
    replayed = [trial for trial in study.trials if trial.replay_of is not None]
    assert len(exact) + len(replayed) == len(study.trials)
    assert not replayed or method_class(method).repeats
    for trial in replayed:
        source = study.trials[trial.replay_of or 0]
        assert (trial.hash, trial.merits) == (source.hash, source.merits)


def test_one_worker_and_four_make_the_same_study(method: str, kind: str) -> None:
    study = study_of(method, kind)
    workers = Workers(score, 4, seed=1)
    study.run(workers, trials=TRIALS)
    assert workers.most > 1
    assert proposals(study) == proposals(whole(method, kind))


@pytest.mark.parametrize("kind", ["nested", "every"])
def test_a_stopped_study_goes_on_with_the_same_proposals(
    method: str, kind: str, tmp_path: Path
) -> None:
    class Stopping(Workers):
        def wait(self) -> list[Outcome]:
            if self.tasks[0].number >= self.at:
                raise Stop
            return super().wait()

        at = 0

    path = tmp_path / "study.db"
    for stop in (2, 6, 9):
        study = study_of(method, kind, path)
        workers = Stopping(score, 3)
        workers.at = stop
        with suppress(Stop):  # one that was exhausted before stops by itself
            study.run(workers, trials=TRIALS)
        study.store.close()
    study = study_of(method, kind, path)
    study.run(Workers(score, 2), trials=TRIALS)
    assert proposals(study) == proposals(whole(method, kind))
    assert study.ended == whole(method, kind).ended
    study.store.close()


def test_another_seed_makes_another_study(method: str) -> None:
    first, other = whole(method, "plain"), whole(method, "plain", seed=4)
    assert (proposals(first) == proposals(other)) == (method == "grid")


def test_failed_trials_end_nothing(method: str) -> None:
    def failing(program: Any, trial: Any) -> float:
        if trial.number % 3 == 0:
            raise RuntimeError("no luck")
        return float("nan") if trial.number % 3 == 1 else 1.0

    study = study_of(method, "plain")
    study.run(Workers(failing, 2), trials=TRIALS)
    states = {trial.state for trial in study.trials}
    assert states == {State.ERROR, State.NAN, State.DONE}
    assert study.best is not None
    assert study.best.state is State.DONE


def test_a_study_in_which_everything_fails_ends_too(method: str) -> None:
    study = study_of(method, "plain")
    study.run(Workers(lambda program, trial: 1 / 0, 2), trials=TRIALS)
    assert {trial.state for trial in study.trials} == {State.ERROR}
    assert study.best is None
    assert len(study.trials) == TRIALS or study.ended == "EXHAUSTED"


def test_the_budget_is_kept(method: str) -> None:
    study = study_of(method, "required")
    study.run(Workers(score, 2), Budget(trials=5))
    assert len(study.trials) == 5
    definition = Definition(whole=Whole(epochs=4))
    made = make_method(method, settings(method)).within({"epochs": 4})
    study = Study(Store(None), "study", space_of("plain"), made, definition)
    study.run(Workers(score, 2), Budget(trials=100, epochs=20))
    spent = sum(trial.cost.get("epochs", 0.0) for trial in study.trials)
    assert 20 - 4 < spent <= 20 or study.ended == "EXHAUSTED"


def test_the_taxonomy_is_true(method: str) -> None:
    """What differs between the programs that it really proposed, against its row."""
    row = row_of(method)
    assert row.mechanism
    assert row.text
    assert row.manipulates
    json.dumps(row.to_json())
    study = whole(method, "every")
    texts: dict[Manipulated, set[Any]] = {kind: set() for kind in ANY_CHOICE}
    for trial in study.trials:
        values = dict(trace_pairs(trial.trace))
        texts[Manipulated.HYPERPARAMETERS].add(values["Every.train.batch"])
        texts[Manipulated.LAYERS].add((values["Every.dense.units"], values["Every.choice"]))
        texts[Manipulated.CONNECTIONS].add(values["Every.choice_2"])
    changed = {str(kind) for kind, seen in texts.items() if len(seen) > 1}
    assert changed == {item for item in row.manipulates if item in {*map(str, ANY_CHOICE)}}


def test_settings_are_plain_data_that_make_the_method_again(method: str) -> None:
    made = make_method(method, settings(method))
    text = json.dumps(settings_of(made))
    assert settings_of(make_method(method, json.loads(text))) == settings_of(made)


def late(study: Study, true: Callable[[Any], float]) -> float:
    """How good the second half of the proposals was in truth."""
    return fmean(true(trial) for trial in study.trials[len(study.trials) // 2 :])


def test_regularized_evolution_beats_its_control(
    wide: Space, search: Search, oracle: Callable[[Any], float]
) -> None:
    """The control learns from scores that were dealt out at random. 16 of 20 has p = 0.006."""
    won = 0
    for seed in range(20):
        luck = shuffling.Random(seed)
        given = {"population": 6, "tournament": 4}
        learned = search(
            wide, "regularized_evolution", oracle, 26, method_settings=given, seed=seed
        )
        scores = [trial.merit for trial in learned.trials]
        luck.shuffle(scores)
        dealt: Callable[..., Any] = lambda program, trial, dealt=scores: dealt[trial.number]  # noqa: E731
        control = search(wide, "regularized_evolution", dealt, 26, method_settings=given, seed=seed)
        won += late(learned, oracle) > late(control, oracle)
    assert won >= 16


def test_evolution_forgets_the_oldest_not_the_worst(wide: Space, search: Search) -> None:
    given = {"population": 5, "tournament": 5}
    study = search(
        wide, "regularized_evolution", lambda program, trial: -trial.number, 30,
        method_settings=given, lag=1,
    )  # fmt: skip
    children: list[Trial] = [trial for trial in study.trials if trial.parents]
    assert len(children) == 25
    for trial in children:
        assert trial.parents[0] >= trial.number - 5
        assert len(set(trial.trace) ^ set(study.trials[trial.parents[0]].trace)) == 2
