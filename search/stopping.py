"""Asking a study to stop.

Comes in: signals. Goes out: `Stop.wanted`, which the study reads between two outcomes. Ctrl-C lets
what is running come to its end, SIGTERM has it saved, to go on with later; a second signal, or too
long a wait for what is being saved, raises KeyboardInterrupt. May be assumed: outside the main
thread nothing is installed.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 20
"""Seconds for what is being saved after SIGTERM; clusters kill after 30 or more."""


class Stop:
    """Whether someone wants the study to stop. `save` is called at the first SIGTERM."""

    def __init__(self, save: Callable[[], None], say: Callable[[str], None]) -> None:
        self.wanted = False
        self.save = save
        self.say = say

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        if number == signal.SIGTERM:
            self.say("stopping: what is running is being saved")
            signal.alarm(GRACE)
            self.save()
        else:
            self.say("finishing what is running; press Ctrl-C again to stop at once")


@contextmanager
def stopping(save: Callable[[], None], say: Callable[[str], None]) -> Iterator[Stop]:
    """Watches for signals meanwhile, and puts back what was there before."""
    stop = Stop(save, say)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {kind: signal.signal(kind, stop) for kind in kinds}
    try:
        yield stop
    finally:
        signal.alarm(0)
        for kind, handler in before.items():
            signal.signal(kind, handler if handler is not None else signal.SIG_DFL)
