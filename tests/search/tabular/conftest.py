"""A small table that takes no training: an oracle whose curves do not cross, and one more seed."""

import math
from pathlib import Path
from typing import Any

import archc
import pytest
from archc.compiler.spaces.space import Space
from archc.search.tabular.making import Making, make
from archc.search.tabular.table import Table

TEXT = """network Small on x: f32[N, 1, 8, 8] -> f32[N, 10] {
    let act = relu | tanh | sigmoid
    x -> flatten
        -> repeat(1..2) { dense(4 | 8 | 16 | 32 | 64) -> act }
        -> dense(10)
}

train Small {
    optimizer = adamw(lr=1e-3 | 1e-2)
    epochs = 9
}
"""
EPOCHS = 9
SECONDS = 1.8
PENALTY = {"relu": 0.0, "tanh": 0.1, "sigmoid": 0.3, 0.001: 0.2, 0.01: 0.0}


def oracle(program: Any, trial: Any) -> dict[str, float]:
    """Wide layers and relu are good; a seed disturbs a little."""
    values = [item.value for item in program.trace]
    widths = [value for value in values if isinstance(value, int) and value > 2]
    final = 0.2 + sum(1 / width for width in widths) + sum(PENALTY.get(v, 0.0) for v in values)
    final += 0.01 * math.sin(31 * sum(widths) + trial.seed)
    for epoch in range(1, EPOCHS + 1):
        trial.report(epoch, final + 2 * math.exp(-epoch / 2), "loss")
    return {"test_loss": final + 0.1, "seconds": SECONDS}


@pytest.fixture(scope="session")
def small() -> Space:
    return archc.space(TEXT)


@pytest.fixture(scope="session")
def table_file(small: Space, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    made = make(small, oracle, Making(jobs=0), folder / "small.journal")
    made.write(folder / "small.parquet")
    return folder / "small.parquet"


@pytest.fixture(scope="session")
def small_table(table_file: Path) -> Table:
    return archc.table(str(table_file)).table
