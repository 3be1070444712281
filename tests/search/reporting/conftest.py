"""A study with everything that a report tells: a front, failures, ancestors, learning curves."""

from pathlib import Path
from typing import Any

import archc
import pytest

SPACE = """network Net on x: f32[N, 4] -> f32[N, 2] {
    let act = relu | gelu | tanh
    x -> repeat(1..2) { dense(4 | 8 | 16) -> act } -> dropout(0.0..0.5) -> dense(2)
}
"""
FAILURE = "<script>document.body.dataset.broken = 'yes'</script>"


def evaluate(program: Any, trial: Any) -> dict[str, float]:
    """Wide layers are good and dear; gelu is good."""
    if trial.number % 9 == 4:
        raise RuntimeError(FAILURE)
    if trial.number % 9 == 5:
        return {"quality": float("nan"), "price": 1.0}
    chosen = {item.name: item.value for item in program.trace}
    width = chosen["Net.repeat.0.dense.units"]
    quality = width / 16 + (chosen["Net.act"] == "gelu")
    for step in range(1, 4):
        trial.report(step, quality * step / 3, "quality")
    return {"quality": quality, "price": float(width)}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a finished study."""
    path = tmp_path_factory.mktemp("study") / "study.db"
    archc.run_search(
        archc.space(SPACE), "regularized_evolution", evaluate, trials=40, jobs=0, store=path,
        maximize="quality", minimize="price", settings={"population": 8, "tournament": 4},
    )  # fmt: skip
    return path
