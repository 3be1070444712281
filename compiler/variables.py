"""Names for the values of straight-line code, so that each is released after its last use.

Comes in: the steps of a function. Goes out: a name for each value, and the names to delete after
each step. A value that is used up gives its name to what is made of it: `x = self.conv(x)`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .spelling import identifier

POOL = ("x", "y", "z", "u", "v", "w")
"""Names for values that no label names."""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: what it reads, what it makes, and a name for what it makes, if one fits."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Names:
    """`of[value]` for every value; `released[index]` are the names to delete after a step."""

    of: Mapping[int, str]
    released: Sequence[tuple[str, ...]]


def name_values(
    steps: Sequence[Step],
    parameters: Mapping[int, str],
    results: Collection[int],
    taken: Collection[str] = (),
    *,
    rebind: Collection[str] = (),
) -> Names:
    """`parameters` are the names of what is there at the start; `results` outlive all steps.

    Parameters in `rebind` may give their names to results when they are used up.
    """
    last = {value: index for index, step in enumerate(steps) for value in step.inputs}
    last |= dict.fromkeys(results, len(steps))
    of = dict(parameters)
    fixed = {*parameters.values(), *taken}  # never given to anything else
    # In the order of their making; parameters that are in use but not live keep their names.
    live = dict.fromkeys(name for name in parameters.values() if name in rebind)
    released: list[tuple[str, ...]] = []
    for index, step in enumerate(steps):
        dying = [of[value] for value in step.inputs if last[value] == index and of[value] in live]
        if len(dying) > 1:
            dying = [*dict.fromkeys(dying)]
            dying.sort(key=list(live).index)  # the oldest name goes on
        for value in step.outputs:
            if value in of:
                continue  # handed through
            if dying:
                of[value] = dying.pop(0)
            else:
                start = not live and len(step.outputs) == 1
                of[value] = _new("x" if start else step.hint, fixed | live.keys())
            live[of[value]] = None
        unused = [of[value] for value in step.outputs if value not in last]
        gone = (*dict.fromkeys(dying + unused),) if dying or unused else ()
        for name in gone:
            del live[name]
        released.append(gone)
    return Names(of, released)


def _new(hint: str, taken: Collection[str]) -> str:
    if hint:
        return identifier(hint, taken)
    return next((name for name in POOL if name not in taken), None) or identifier("x", taken)
