"""What the tests of training share: a small network, a few rows, a run of a second."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from archc.compiler.check import Checked, check_text
from archc.compiler.graph import Graph
from archc.runtime.data import Dataset, Split
from archc.runtime.plan import Plan, make_plan
from archc.runtime.resolve import resolved_text
from archc.runtime.train import Options, Run, load_data, train

PROGRAM = """
network Small(width: int = 8) on image: f32[N, 1, 8, 8] -> f32[N, 10] {
    image -> conv(width, 3) -> batchnorm -> relu -> maxpool(2)
          -> flatten -> dropout(0.2) -> dense(10)
}
train Small {
    data = digits()
    optimizer = adamw(lr=1e-2)
    schedule = cosine(warmup=0.1)
    epochs = 3
    batch = 32
}
"""
ROWS = 200


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """The machine's cores belong to the other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Setup:
    """A checked program and all that a training of it needs."""

    checked: Checked
    graph: Graph
    plan: Plan
    data: Dataset
    text: str

    def run(self, folder: Path, **options: Any) -> Run:
        chosen = Options(folder=folder, device="cpu", program=self.text, **options)
        return train(self.graph, self.plan, chosen, data=self.data)


def few(data: Dataset, rows: int = ROWS) -> Dataset:
    """The same data with fewer rows to train on."""
    taken = np.arange(min(rows, len(data.train)))
    inputs, targets = data.train.batch(taken)
    splits = {**data.splits, "train": Split(inputs, targets)}
    return Dataset(data.source, splits, data.transform, data.checksum)


@pytest.fixture(scope="session")
def make() -> Callable[..., Setup]:
    """`make(text, **settings)`: a program, its `train` settings overridden."""
    loaded: dict[str, Dataset] = {}

    def build(text: str = PROGRAM, **settings: str) -> Setup:
        checked = check_text(text)
        graph = checked.graph()
        plan = make_plan(checked, graph, None, settings)
        key = str(plan.data)
        if key not in loaded:
            loaded[key] = few(load_data(plan, Path()))
        return Setup(
            checked, graph, plan, loaded[key], resolved_text(checked.program, plan.block, {})
        )

    return build
