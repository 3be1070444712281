"""How a study stops.

Comes in: signals. Goes out: a flag, which the study reads between two outcomes. After Ctrl-C what
has begun comes to its end; after SIGTERM it is saved, to go on with later. A second signal, or too
long a wait for what is being saved, raises KeyboardInterrupt.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..signals import KINDS, Stop, stopping

GRACE = 20
"""Seconds for what is being saved after SIGTERM; clusters kill after 30 or more."""


@contextmanager
def stopping_study(
    withdraw: Callable[[], None], save: Callable[[], None], say: Callable[[str], None]
) -> Iterator[Stop]:
    """`withdraw` takes back what nobody has begun, `save` has saved what runs."""

    def begin(number: int) -> None:
        if number == signal.SIGTERM:
            say("stopping: what is running is being saved")
            signal.alarm(GRACE)
            save()
        else:
            say("finishing what is running; press Ctrl-C again to stop at once")
            withdraw()

    with stopping(begin, (*KINDS, signal.SIGALRM)) as stop:
        try:
            yield stop
        finally:
            signal.alarm(0)
