"""How many trials the Gaussian process needs to find one of the best programs of a table.

The references are random search and Optuna's samplers (through the method `optuna`), and the same
process with one half of its kernel: choices alone, patterns alone. A figure is the number of the
first trial whose program is among the best of a hundred by the mean loss over the table's seeds;
every method sees the losses of one seed. Each method begins anew with each of 100 seeds; p is
Mann-Whitney's, corrected by Holm.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from archc.search.methods import gaussian_process
from archc.search.models.features import Features
from archc.search.proposer import Proposer
from archc.search.registry import fresh
from archc.search.tabular.comparing import opened
from archc.search.tabular.methods import method_of
from archc.search.tabular.quality import METRIC, best
from archc.search.tabular.running import Answers
from archc.search.tabular.statistics import holm, unpaired
from archc.search.tabular.table import find
from archc.search.trial import State, Trial
from harness import Report, main, row_of

SEEDS, QUICK = 100, 2
MOST = 300
"""A search that has not found one by then counts as if it had with the next trial."""
OURS = "gaussian_process"
RIVALS = ("random", 'optuna(sampler="tpe")', 'optuna(sampler="gp")')
Cut = Callable[[Features], Features]
HALVES: dict[str, Cut] = {
    f"{OURS}, choices alone": lambda features: replace(features, patterns=()),
    f"{OURS}, patterns alone": lambda features: replace(features, scalars={}, kinds={}),
}


def trials_to_the_best(path: str, text: str, seed: int, shuffled: bool = False) -> int:
    """The number of the first trial with a program among the best, from 1."""
    table, space = opened(path)
    wanted = best(table)
    answers = Answers(table, space, seed, shuffled)
    trials: list[Trial] = []
    proposer = Proposer(space, fresh(method_of(table, text)), seed, 1, trials)
    while proposer.is_ready and len(trials) < MOST:
        trial = proposer.propose()
        if trial is None:
            continue
        row = answers.row(space.from_trace(trial.trace))
        if row in wanted:
            return len(trials) + 1
        loss = answers.told(row, table.epochs)
        state = State.DONE if np.isfinite(loss) else State.NAN
        merits = (-loss,) if state is State.DONE else ()
        trials.append(replace(trial, state=state, scores={METRIC: loss}, merits=merits))
    return MOST + 1


@contextmanager
def only(cut: Cut | None) -> Iterator[None]:
    """The process sees a part of each program's features."""
    whole = gaussian_process.features_of
    if cut is not None:
        gaussian_process.features_of = lambda program: cut(whole(program))
    try:
        yield
    finally:
        gaussian_process.features_of = whole


def measure(report: Report) -> None:
    path = str(find("digits2k"))
    runs: dict[str, Callable[[int], int]] = {
        text: partial(trials_to_the_best, path, text) for text in (OURS, *RIVALS)
    }
    runs[f"{OURS}, shuffled scores"] = partial(trials_to_the_best, path, OURS, shuffled=True)
    runs |= dict.fromkeys(HALVES, runs[OURS])
    found: dict[str, list[int]] = {name: [] for name in runs}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for seed in range(QUICK if report.quick else SEEDS):
        for name, run in runs.items():
            begun = time.process_time()
            with only(HALVES.get(name)):
                found[name].append(run(seed))
            seconds[name].append((time.process_time() - begun) / found[name][-1])
    others = [name for name in runs if name != OURS]
    corrected = holm([unpaired(found[OURS], found[name]) for name in others])
    chances = dict(zip(others, corrected, strict=True))
    row = row_of(f"a trial, CPU time, {RIVALS[-1]}", seconds[OURS], seconds[RIVALS[-1]], None)
    report.rows.append(row)
    for name, numbers in found.items():
        report.facts[name] = figures(numbers, chances.get(name))


def figures(numbers: list[int], chance: float | None) -> dict[str, Any]:
    low, middle, high = np.percentile(numbers, (25, 50, 75)).tolist()
    found = {"mean": float(np.mean(numbers)), "median": middle, "quartiles": f"{low:g} to {high:g}"}
    return found | ({} if chance is None else {"p": chance})


if __name__ == "__main__":
    main("gaussian", "Trials until a program among the best of a hundred is found", measure)
