"""Asking what runs to stop: Ctrl-C and SIGTERM raise a flag instead of an exception.

Comes in: signals. Goes out: `Stop.wanted`, which is read between two steps of the work, and a call
at the first signal. A second signal raises KeyboardInterrupt. May be assumed: outside the main
thread nothing is installed, and the flag stays down.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

KINDS = (signal.SIGINT, signal.SIGTERM)
Begin = Callable[[int], None]


class Stop:
    """Whether someone wants the work to stop. `begin` is called with the first signal."""

    def __init__(self, begin: Begin = lambda number: None) -> None:
        self.wanted = False
        self.begin = begin

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        self.begin(number)


@contextmanager
def stopping(
    begin: Begin = lambda number: None, kinds: Sequence[signal.Signals] = KINDS
) -> Iterator[Stop]:
    """Watches for signals meanwhile, and puts back what was there before."""
    stop = Stop(begin)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {kind: signal.signal(kind, stop) for kind in kinds}
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler if handler is not None else signal.SIG_DFL)
