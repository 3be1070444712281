"""Asking a training to stop: Ctrl-C and SIGTERM raise a flag instead of an exception.

Comes in: signals. Goes out: `Stop.wanted`, which the loop reads after every step. A second Ctrl-C
ends at once. May be assumed: outside the main thread nothing is installed, and the flag stays down.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether someone wants the training to stop."""

    def __init__(self) -> None:
        self.wanted = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True


@contextmanager
def stopping() -> Iterator[Stop]:
    """Watches for signals meanwhile, and puts back what was there before."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.getsignal(kind) for kind in kinds}
    for kind in kinds:
        signal.signal(kind, stop)
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler if handler is not None else signal.SIG_DFL)
