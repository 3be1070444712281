"""What long work of the checker asks of Python: room for deep recursion, a collector that rests.

Pure-Python recursion takes no C stack since 3.11; the depth of programs is bounded by the limits.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_RECURSION = 50_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for the deepest program that the limits allow."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


_NEW_OBJECTS = 50_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Cyclic garbage is looked for after tens of thousands of new objects instead of hundreds.
    Where nearly all that is made stays, looking takes a quarter of the time and finds nothing.
    Whoever has turned collection off, or made it rarer still, is left alone.
    """
    before = gc.get_threshold()
    if 0 < before[0] < _NEW_OBJECTS:
        gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
