"""Room for recursion over syntax trees.

The parser refuses trees deeper than 400 expressions, and a pass needs at most about 20 Python
frames for each level.
"""

import sys

FRAMES = 10_000


def make_room_for_recursion() -> None:
    """Raises the interpreter's limit; never lowers it, since another thread may need it. Frames lie
    on the heap.
    """
    if sys.getrecursionlimit() < FRAMES:
        sys.setrecursionlimit(FRAMES)
