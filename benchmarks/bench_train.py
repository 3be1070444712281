"""Training `examples/digits.arch` against the shortest loop by hand: same data, network, batch,
epochs, optimiser, schedule and thread.

The bar is on the loop: the network built and tried, every step with its loss and accuracy, the
validation rows after each epoch, a checkpoint with checksums and a record per epoch. The loop by
hand builds the network, trains, measures the validation rows after each epoch, and keeps nothing.
The whole of `train` stands beside it: a folder that describes the run, the test split, the curves
as a drawing (most of the difference, the same for a run of any length) and the weights.
"""

import gc
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from archc.compiler.check import check_file
from archc.compiler.graph import Graph
from archc.runtime.data import Dataset, Split
from archc.runtime.job import build_job
from archc.runtime.loop import Loop
from archc.runtime.plan import Plan, make_plan
from archc.runtime.progress import Silent
from archc.runtime.run_folder import RunFolder
from archc.runtime.snapshot import Standing
from archc.runtime.train import Options, Run, load_data, train
from archc.runtime.world import World
from archc.signals import stopping
from harness import EXAMPLES, Bar, Report, Row, Work, main, require, row_of
from reference import digits
from reference.weights import copied

BAR = Bar(most=1.05)
EPOCHS = 10
LEAST_ACCURACY = 0.9


def our_loop(graph: Graph, plan: Plan, data: Dataset) -> None:
    with tempfile.TemporaryDirectory() as path, torch.random.fork_rng(devices=[]):
        folder = RunFolder(Path(path))
        folder.begin("", {}, {}, {})
        job = build_job(graph, plan, data, World())
        with stopping() as stop:
            Loop(job, Standing(), folder, Silent(), stop).run()


def ours(graph: Graph, plan: Plan, data: Dataset) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return train(graph, plan, Options(Path(folder) / "run", device="cpu"), data=data)


def rows_of(split: Split) -> digits.Rows:
    (images,), (labels,) = split.inputs.values(), split.targets.values()
    return torch.from_numpy(np.asarray(images)), torch.from_numpy(np.asarray(labels))


def both_clocks(
    title: str, mine: Work, reference: Work, turns: int, bar: Bar | None
) -> tuple[Row, Row]:
    """CPU time and wall time of the same turns."""
    times: dict[str, tuple[list[float], list[float]]] = {"CPU": ([], []), "wall": ([], [])}
    for turn in range(turns):
        order = [(0, mine), (1, reference)]
        for at, work in order if turn % 2 == 0 else reversed(order):
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            times["CPU"][at].append(time.process_time() - cpu)
            times["wall"][at].append(time.perf_counter() - wall)
    cpu_row, wall_row = (
        row_of(f"{title}, {name} time", a, b, bar) for name, (a, b) in times.items()
    )
    return cpu_row, wall_row


def measure(report: Report) -> None:
    torch.set_num_threads(1)
    checked = check_file(EXAMPLES / "digits.arch")
    graph = checked.graph()
    epochs = 1 if report.quick else EPOCHS
    plan = make_plan(checked, graph, None, {"epochs": str(epochs)})
    data = load_data(plan, Path())
    training, validation = rows_of(data.splits["train"]), rows_of(data.splits["validation"])
    by_hand = partial(digits.train, training, validation, epochs, plan.batch)
    bare = partial(digits.train, training, None, epochs, plan.batch)
    run = ours(graph, plan, data)
    torch.manual_seed(0)
    module, right = by_hand()
    copied(run.module, module)
    found = float(run.metrics["validation"]["accuracy"] or 0)
    if not report.quick:
        require(min(right, found) >= LEAST_ACCURACY, f"not trained: {found:.3f} and {right:.3f}")
    loop, whole = partial(our_loop, graph, plan, data), partial(ours, graph, plan, data)
    for title, mine, reference, turns, bar in (
        ("the loop, by hand with validation", loop, by_hand, 15, BAR),
        ("the loop, by hand without validation", loop, bare, 5, None),
        ("all of train, by hand with validation", whole, by_hand, 5, None),
    ):
        report.rows += both_clocks(title, mine, reference, report.turns(turns), bar)
    report.facts = {
        "epochs": epochs,
        "steps": epochs * (len(training[0]) // plan.batch),
        "batch": plan.batch,
        "accuracy on the validation rows": found,
        "accuracy of the network by hand": right,
    }


if __name__ == "__main__":
    main("train", "Training digits, against the shortest loop by hand", measure)
