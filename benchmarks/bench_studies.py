"""What a study costs beside its trainings: proposing, keeping, reporting 27 epochs.

The reference is Optuna's random search over the same number of choices, with its journal and its
SQLite storage, on the same disk. Ours also writes each program out, checks it and hashes its graph.
The last rows tell how a study of 10,000 trials slows down: its last trials against its first.
"""

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import archc
import optuna
from archc.search.executors.inline import InlineExecutor
from archc.search.registry import make_method
from archc.search.store import Store
from archc.search.study import Study
from archc.search.trial import State
from harness import Bar, Report, main, paired, require, row_of
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

EPOCHS = 27
LAYERS = 6
WIDTHS = (4, 5, 6, 7, 9, 11, 13, 17)
ACTIVATIONS = ("relu", "tanh", "gelu")
STAGE = f"dense({' | '.join(map(str, WIDTHS))}) -> ({' | '.join(ACTIVATIONS)})"
TEXT = f"""network Wide on x: f32[N, 8] -> f32[N, 10] {{
    x -> {" -> ".join([STAGE] * LAYERS)} -> dense(10)
}}
"""
Clock = Callable[[], float]
names = itertools.count()


def evaluate(program: Any, trial: Any) -> float:
    for epoch in range(EPOCHS):
        trial.report(epoch, 1 / (epoch + 1))
    return random.Random(str(program.trace)).random()


def seconds_of_ours(folder: Path, trials: int, clock: Clock) -> float:
    """Per trial, of a study of its own."""
    space = archc.space(TEXT)
    store = Store(folder / f"{next(names)}.db")
    study = Study(store, "study", space, make_method("random"))
    begin = clock()
    study.run(InlineExecutor(evaluate), trials=trials)
    seconds = (clock() - begin) / trials
    require(sum(trial.state is State.DONE for trial in study.trials) == trials, "a trial failed")
    require(sum(map(len, store.reports(study.key).values())) == trials * EPOCHS, "reports are lost")
    store.close()
    return seconds


def seconds_of_optuna(storage: Callable[[], BaseStorage], trials: int, clock: Clock) -> float:
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(storage=storage(), sampler=sampler)
    begin = clock()
    for _ in range(trials):
        trial = study.ask()
        for layer in range(LAYERS):
            trial.suggest_categorical(f"width {layer}", WIDTHS)
            trial.suggest_categorical(f"activation {layer}", ACTIVATIONS)
        for epoch in range(EPOCHS):
            trial.report(1 / (epoch + 1), epoch)
        study.tell(trial, 0.5)
    return (clock() - begin) / trials


def journal(folder: Path) -> BaseStorage:
    return JournalStorage(JournalFileBackend(str(folder / f"{next(names)}.log")))


def database(folder: Path) -> BaseStorage:
    return RDBStorage(f"sqlite:///{folder}/{next(names)}.db")


def overhead(report: Report, folder: Path) -> None:
    trials = 5 if report.quick else 50
    for name, make in (("journal", journal), ("SQLite", database)):
        few = trials if name == "journal" else max(trials // 5, 2)
        for clock in (time.process_time, time.perf_counter):
            kind = "CPU" if clock is time.process_time else "wall"
            row = paired(
                f"a trial, {kind} time, Optuna with its {name} storage",
                partial(seconds_of_ours, folder, trials, clock),
                partial(seconds_of_optuna, partial(make, folder), few, clock),
                turns=report.turns(11 if name == "journal" else 5),
                bar=Bar(most=1),
            )
            report.rows.append(row)


def growth(report: Report, folder: Path, method: str) -> None:
    """Evolution meets programs again, whose trials cost less: only what was evaluated is timed."""
    trials, part = (120, 10) if report.quick else (10_000, 100)
    store = Store(folder / f"{next(names)}.db")
    study = Study(store, "study", archc.space(TEXT), make_method(method))
    moments: list[float] = []
    study.run(InlineExecutor(evaluate), trials=trials, seen=lambda trial: moments.append(clock()))
    store.close()
    batches = [
        (moments[at + part] - moments[at]) / part for at in range(0, len(moments) - part, part)
    ]
    tenth = max(len(batches) // 10, 1)
    # the first batch fills caches
    first, last = batches[1 : 1 + tenth], batches[-tenth:]
    what = f"{method}, the last of {trials:,} trials, reference: the first, CPU time"
    report.rows.append(row_of(what, last, first, Bar(most=2)))


clock = time.process_time


@contextmanager
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def measure(report: Report) -> None:
    with quiet(), tempfile.TemporaryDirectory(prefix="archc-bench-") as folder:
        overhead(report, Path(folder))
        for method in ("random", "regularized_evolution"):
            growth(report, Path(folder), method)


if __name__ == "__main__":
    main("studies", "What a study costs beside its trainings, against Optuna", measure)
