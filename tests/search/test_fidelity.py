"""Trials that go on from others: what is handed over, awaited, kept, and told where it is lost."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from archc.compiler.spaces.random import Random
from archc.compiler.spaces.space import Space
from archc.search.engines import Engine
from archc.search.errors import SearchError
from archc.search.executors.inline import InlineExecutor
from archc.search.leftovers import BEST
from archc.search.method import History, Method, Proposal
from archc.search.searching import Search, run
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State

RUNG = 6
Evaluate = Callable[..., Any]


class TwoRungs(Method):
    """Six programs for one epoch, then the three best of them for three."""

    fidelities = True

    def ask(self, history: History, random: Random) -> Proposal:
        if history.number < RUNG:
            return Proposal(history.space.sample(random.bits()), fidelity={"epochs": 1})
        first = [trial for trial in history.scored if trial.number < RUNG]
        best = sorted(first, key=lambda trial: trial.goodness, reverse=True)
        survivor = best[history.number - RUNG]
        program = history.program(survivor)
        number = survivor.number
        return Proposal(program, (number,), {"epochs": 3}, resumes=number)

    def awaits(self, history: History) -> int:
        return RUNG if history.number >= RUNG else 0

    def keeps(self, history: History) -> Collection[int]:
        return range(RUNG) if history.number < 9 else ()


def epochs(program: Any, trial: Any) -> float:
    """Writes a line for each epoch, and goes on from the lines that are there."""
    log = trial.directory / "deep" / "log"
    log.parent.mkdir(exist_ok=True)
    done = len(log.read_text().splitlines()) if log.exists() else 0
    assert (trial.resumed is None) == (done == 0)
    with log.open("a") as file:
        for _ in range(done, trial.fidelity["epochs"]):
            file.write(f"{trial.number}\n")
    return sum(item.value for item in program.trace if isinstance(item.value, int))


def study_of(space: Space, path: Path | None, **settings: Any) -> Study:
    return Study(Store(path), "study", space, TwoRungs(), **settings)


def logs(study: Study) -> dict[int, list[str]]:
    return {
        trial.number: (study.folder / f"{trial.number}-1/deep/log").read_text().split()
        for trial in study.trials
        if study.folder is not None and (study.folder / f"{trial.number}-1").is_dir()
    }


def test_survivors_go_on_and_are_never_restarted(plain: Space, tmp_path: Path) -> None:
    study = study_of(plain, tmp_path / "study.db", folder=tmp_path / "files")
    study.run(InlineExecutor(epochs), trials=9)
    assert [trial.state for trial in study.trials] == [State.DONE] * 9
    first = sorted(study.trials[:RUNG], key=lambda trial: trial.goodness, reverse=True)
    assert [trial.resumes for trial in study.trials[RUNG:]] == [trial.number for trial in first[:3]]
    assert all(trial.sees >= RUNG for trial in study.trials[RUNG:])
    found = logs(study)
    for trial in study.trials[RUNG:]:
        if trial.number in found:
            assert found[trial.number] == [str(trial.resumes), *[str(trial.number)] * 2]
    assert {6, 7, 8} <= set(found), "what nobody has seen yet stays"
    assert len(found) <= 3 + BEST - 1, "after the last rung only the best few of the others stay"
    study.store.close()


def test_what_may_still_be_resumed_is_kept(plain: Space, tmp_path: Path) -> None:
    study = study_of(plain, tmp_path / "study.db", folder=tmp_path / "files")
    study.run(InlineExecutor(epochs), trials=RUNG)
    assert set(logs(study)) == set(range(RUNG))
    study.store.close()


@pytest.mark.parametrize("harm", ["flip", "remove", "add"])
def test_a_damaged_checkpoint_is_told_and_the_trial_starts_afresh(
    harm: str, plain: Space, tmp_path: Path
) -> None:
    path, folder = tmp_path / "study.db", tmp_path / "files"
    first = study_of(plain, path, folder=folder)
    first.run(InlineExecutor(epochs), trials=RUNG)
    first.store.close()
    best = max(first.trials, key=lambda trial: trial.goodness).number
    log = folder / f"{best}-1/deep/log"
    if harm == "flip":
        log.write_text("X" + log.read_text()[1:])
    elif harm == "remove":
        log.unlink()
    else:
        (folder / f"{best}-1/more").write_text("")
    said: list[str] = []
    study = study_of(plain, path, folder=folder)
    study.run(InlineExecutor(epochs), trials=9, said=said.append)
    assert said == [
        f"trial 6: what trial {best} left is damaged: its checksum differs; trained from the start"
    ]
    assert logs(study)[RUNG] == ["6"] * 3
    study.store.close()


def test_a_lost_directory_is_told(plain: Space, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    study = study_of(plain, tmp_path / "study.db", folder=folder)
    said: list[str] = []

    def losing(program: Any, trial: Any) -> float:
        for number in range(RUNG) if trial.number >= RUNG else ():
            for path in (folder / f"{number}-1").rglob("log"):
                path.unlink()
        return epochs(program, trial)

    study.run(InlineExecutor(losing), trials=8, said=said.append)
    assert [line.partition(";")[2] for line in said] == [" trained from the start"]
    study.store.close()


def test_a_stopped_study_awaits_the_same(plain: Space, tmp_path: Path) -> None:
    whole = study_of(plain, None)
    whole.run(InlineExecutor(epochs), trials=9)
    for stops in ([6, 9], [1, 2, 7, 8, 9], [5, 9]):
        path = tmp_path / f"{stops}.db"
        for trials in stops:
            study = study_of(plain, path)
            study.run(InlineExecutor(epochs), trials=trials)
            study.store.close()
        told = [(t.trace, t.resumes, t.fidelity, t.sees, t.merit) for t in study.trials]
        assert told == [(t.trace, t.resumes, t.fidelity, t.sees, t.merit) for t in whole.trials]


def test_a_method_with_fidelities_refuses_an_evaluation_that_cannot_know_them(
    plain: Space,
) -> None:
    with pytest.raises(SearchError, match="how far each program is trained"):
        run(plain, TwoRungs(), lambda program: 1.0, Search(engine=Engine(jobs=0)))
