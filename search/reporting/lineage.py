"""Where programs come from: ancestors, and what each child has that its parent has not.

Comes in: the trials of a study. Goes out: numbers of trials, and changes as short texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..trial import Trial


def ancestors(trials: Sequence[Trial], number: int) -> list[int]:
    """A trial and all that it comes from, the oldest first."""
    found, left = {number}, [number]
    while left:
        for parent in trials[left.pop()].parents:
            if parent not in found:
                found.add(parent)
                left.append(parent)
    return sorted(found)


def changes(parent: Trial, child: Trial) -> list[str]:
    """The choices that differ, in the order of the child's program; then those that have gone. A
    child that is its parent trained longer says so.
    """
    before, after = _choices(parent), _choices(child)
    found = [
        f"{name}: {before[name]} → {value}" if name in before else f"{name}: new, {value}"
        for name, value in after.items()
        if before.get(name, _NOTHING) != value
    ]
    found += [f"{name}: gone, it was {before[name]}" for name in before if name not in after]
    amounts = dict(child.fidelity)
    if not found and dict(parent.fidelity) != amounts:
        return [f"goes on: {_amounts(parent.fidelity)} → {_amounts(amounts)}"]
    return found


_NOTHING = object()


def _choices(trial: Trial) -> dict[str, Any]:
    return {item.name: item.value for item in trial.trace}


def _amounts(fidelity: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in fidelity.items()) or "all of it"
