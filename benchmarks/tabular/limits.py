"""What early stopping could save on digits2k at the most, and where the rest of it goes.

    python benchmarks/tabular/limits.py

Comes in: the table. Goes out: epochs to the top 1 % over 100 seeds, for random search; for random
search that knows after one epoch whether a program belongs to the best, and then trains it in full;
for ASHA as it is; and for ASHA on a table whose every epoch tells what the last one does, so that
only its rungs cost something.
"""

from dataclasses import replace
from math import inf

import numpy as np
from archc.search.tabular import quality, statistics
from archc.search.tabular.comparing import opened
from archc.search.tabular.methods import method_of
from archc.search.tabular.running import Answers, run
from archc.search.tabular.table import Table, find

SEEDS, BUDGET = 100, 2700
ASHA = "asha(eta=3, most=27)"


def reach(table: Table, method: str, seed: int) -> float:
    """Epochs until one of the best 1 % has been trained in full."""
    _, space = opened(str(find("digits2k")))
    chosen = quality.best(table)
    steps = run(method_of(table, method), Answers(table, space, seed), BUDGET, seed=seed)
    found = (step.spent for step in steps if step.epochs == table.epochs and step.row in chosen)
    return float(next(found, inf))


def main() -> None:
    table, _ = opened(str(find("digits2k")))
    foreseen = replace(
        table, curves={name: np.repeat(c[:, :, -1:], 27, 2) for name, c in table.curves.items()}
    )
    whole = table.epochs
    random = [reach(table, "random", seed) for seed in range(SEEDS)]
    rows = {
        "random search": random,
        "an oracle after one epoch": [epochs / whole + whole - 1 for epochs in random],
        ASHA: [reach(table, ASHA, seed) for seed in range(SEEDS)],
        f"{ASHA}, every epoch as the last": [reach(foreseen, ASHA, s) for s in range(SEEDS)],
    }
    for name, found in rows.items():
        median, low, high = statistics.median_interval(found)
        times = ", ".join(f"{value:.2g}" for value in statistics.ratio_interval(found, random))
        print(f"{name}: {median:.0f} ({low:.0f} to {high:.0f}); times less than random: {times}")


if __name__ == "__main__":
    main()
