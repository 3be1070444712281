"""What every peer's side of the comparison shares. Runs in the peer's own environment.

Comes in, a line at a time: a case and how many programs, `flat 100`. Goes out: the CPU seconds that
they took. A case that starts cold makes its space anew.
"""

import sys
import time
from collections.abc import Callable, Mapping

Draw = Callable[[int], None]


def serve(cases: Mapping[str, Callable[[], Draw]]) -> None:
    """`cases` makes the function that draws so many programs and reads each one's full trace."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a peer prints is no answer
    made: dict[str, Draw] = {}
    for line in sys.stdin:
        name, count = line.split()
        base, _, cold = name.partition(":")
        begin = time.process_time()
        if cold or base not in made:
            made[base] = cases[base]()
        if not cold:
            begin = time.process_time()
        made[base](int(count))
        print(time.process_time() - begin, file=answers, flush=True)
