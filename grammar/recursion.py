"""Room for recursion over syntax trees.

Comes in: nothing. Goes out: a context in which Python may recurse deep enough. The parser refuses
trees deeper than 400 expressions, and a pass needs at most about 20 frames for each level.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

FRAMES = 10_000

_lock = Lock()
_inside: list[int] = []  # one entry for each context that is open; the first holds the old limit


@contextmanager
def room_for_recursion() -> Iterator[None]:
    """Raises the interpreter's limit until the last thread has left; a higher one stays."""
    with _lock:
        _inside.append(sys.getrecursionlimit() if not _inside else _inside[0])
        sys.setrecursionlimit(max(FRAMES, _inside[0]))
    try:
        yield
    finally:
        with _lock:
            limit = _inside.pop()
            if not _inside:
                sys.setrecursionlimit(limit)
