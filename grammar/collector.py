"""The collector of cyclic garbage, paused while many objects are made that hold no cycles.

Comes in: a block of code. Goes out: the same, without searches for garbage among its own objects,
which would take a third of the time of parsing a large file and a tenth of building a network.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Leaves the collector as it was found."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
