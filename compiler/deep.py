"""Deep recursion: room for the deepest program that the limits allow.

Pure-Python recursion takes no C stack since 3.11; the depth of programs is bounded by the limits.
"""

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
