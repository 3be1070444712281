"""Curves of a training as a picture, and for TensorBoard; both are extras.

Comes in: the records of the epochs. Goes out: `curves.png`, or the reason why there is none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import DataError
from .lazy import optional

Records = Sequence[Mapping[str, Any]]


def draw(records: Records, path: Path) -> str:
    """Draws loss and metrics by epoch; gives a note where that is not possible, else nothing."""
    try:
        figures = optional("matplotlib.figure", "matplotlib", "plots")
    except DataError as error:
        return f"no curves were drawn: {error.message}; {error.help}"
    names = list(records[0]["train"] | records[0]["validation"]) if records else []
    if not names:
        return ""
    figure = figures.Figure(figsize=(5 * len(names), 3.5), layout="constrained")
    for number, name in enumerate(names, start=1):
        axes = figure.add_subplot(1, len(names), number)
        for split in ("train", "validation"):
            points = [(r["epoch"], r[split].get(name)) for r in records]
            drawn = [(epoch, value) for epoch, value in points if value is not None]
            if drawn:
                axes.plot(
                    *zip(*drawn, strict=True), label=split, marker="." if len(drawn) < 50 else ""
                )
        axes.set_title(name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=120)
    return ""


class Board:
    """Writes the records for TensorBoard as they come."""

    def __init__(self, folder: Path) -> None:
        module = optional("torch.utils.tensorboard", "tensorboard", "tensorboard")
        self.writer: Any = module.SummaryWriter(str(folder))

    def add(self, record: Mapping[str, Any]) -> None:
        for split in ("train", "validation"):
            for name, value in record[split].items():
                if value is not None:
                    self.writer.add_scalar(f"{name}/{split}", value, record["epoch"])
        self.writer.add_scalar("lr", record["lr"], record["epoch"])

    def close(self) -> None:
        self.writer.close()
