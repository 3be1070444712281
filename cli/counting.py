"""How far counting has come, on a terminal: it takes a minute where a space has many states.

Comes in: the process that is asked. Goes out: one line on stderr, written over and over and wiped
away at the end; nothing where stderr is no terminal.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from ..compiler.spaces.process import Process

FIRST, AGAIN = 2.0, 0.5
"""Seconds before anything is said, and between two sayings."""
WIPE = "\r\x1b[K"


@contextmanager
def told(process: Process, budget: int) -> Iterator[None]:
    """Tells how far the process is, as long as this is open."""
    if not sys.stderr.isatty():
        yield
        return
    ended = Event()
    thread = Thread(target=_tell, args=(process, budget, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tell(process: Process, budget: int, ended: Event) -> None:
    start, wait, said = process.budget.runs, FIRST, False
    while not ended.wait(wait):
        states, done = len(process.states), process.budget.runs - start
        text = f"counting: {states:,} states, {done:,} of at most {budget:,} expansions"
        print(f"{WIPE}{text}", end="", file=sys.stderr, flush=True)
        wait, said = AGAIN, True
    if said:
        print(WIPE, end="", file=sys.stderr, flush=True)
