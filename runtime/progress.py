"""How a long training tells how it is going.

Comes in: what happens. Goes out: a bar with the time left on a terminal (rich), plain lines
elsewhere, nothing at all for a library; always on stderr. Another object with these methods can
take their place.
"""

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from ..lazy import lazy_module

if TYPE_CHECKING:
    from rich import console as rich_console
    from rich import progress as rich_progress
else:
    rich_console = lazy_module("rich.console")
    rich_progress = lazy_module("rich.progress")


class Progress(Protocol):
    """`begin` once, `advance` now and then, `epoch` after each, `say` for what people must know."""

    def begin(self, steps: int, done: int) -> None: ...

    def advance(self, step: int, loss: float) -> None: ...

    def epoch(self, record: Mapping[str, Any], epochs: int) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class Silent:
    """For tests and programs."""

    def begin(self, steps: int, done: int) -> None:
        return

    def advance(self, step: int, loss: float) -> None:
        return

    def epoch(self, record: Mapping[str, Any], epochs: int) -> None:
        return

    def say(self, text: str) -> None:
        return

    def close(self) -> None:
        return


def line_of(record: Mapping[str, Any], epochs: int) -> str:
    """`epoch 3/20  loss 0.1234  validation loss 0.2345  accuracy 0.9512  1.2 s`."""
    parts = [f"epoch {record['epoch']}/{epochs}", f"loss {number(record['train']['loss'])}"]
    validation = record.get("validation") or {}
    for name, value in validation.items():
        parts.append(f"validation {name} {number(value)}" if name == "loss" else "")
        if name != "loss":
            parts[-1] = f"{name} {number(value)}"
    parts.append(f"{record['seconds']:.1f} s")
    return "  ".join(parts)


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


class Lines:
    """A line per epoch, and one every ten seconds within long ones."""

    def __init__(self, stream: TextIO | None = None, every: float = 10.0) -> None:
        self.stream = stream or sys.stderr
        self.every = every
        self.steps = 0
        self.started = (time.monotonic(), 0)
        self.last = time.monotonic()

    def begin(self, steps: int, done: int) -> None:
        self.steps = steps
        self.started = (time.monotonic(), done)

    def advance(self, step: int, loss: float) -> None:
        now = time.monotonic()
        if now - self.last < self.every:
            return
        self.last = now
        began, done = self.started
        left = (now - began) / max(1, step - done) * (self.steps - step)
        self.say(f"step {step}/{self.steps}  loss {loss:.4f}  {left:.0f} s left")

    def epoch(self, record: Mapping[str, Any], epochs: int) -> None:
        self.last = time.monotonic()
        self.say(line_of(record, epochs))

    def say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    def close(self) -> None:
        return


class Bar:
    """A bar that stays at the bottom of the terminal; epochs scroll above it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.console = rich_console.Console(file=stream or sys.stderr, highlight=False)
        self.bar: Any = None
        self.task: Any = None

    def begin(self, steps: int, done: int) -> None:
        self.bar = rich_progress.Progress(
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TextColumn("loss {task.fields[loss]}"),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.bar.start()
        self.task = self.bar.add_task("", total=steps, completed=done, loss="-")

    def advance(self, step: int, loss: float) -> None:
        if self.bar is not None:
            self.bar.update(self.task, completed=step, loss=f"{loss:.4f}")

    def epoch(self, record: Mapping[str, Any], epochs: int) -> None:
        self.say(line_of(record, epochs))

    def say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()


def for_terminal(stream: TextIO | None = None) -> Progress:
    """A bar where someone is watching, lines where not."""
    where = stream or sys.stderr
    return Bar(where) if where.isatty() else Lines(where)


def metrics_line(metrics: Mapping[str, float | None]) -> str:
    """`loss 0.1234, accuracy 0.9912`."""
    return ", ".join(f"{name} {number(value)}" for name, value in metrics.items())
