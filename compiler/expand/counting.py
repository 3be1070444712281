"""Choices that are called the same, counted.

Comes in: the choices of a text one after another, each with what it is called. Goes out: their
numbers.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Numbers = Mapping[Any, int]


class Counting:
    """`found` says of each choice what it is called, and which of those that are called so it
    is.
    """

    def __init__(self) -> None:
        self.found: dict[Any, tuple[str, int]] = {}
        self._counts: dict[str, int] = {}

    def add(self, key: Any, base: str) -> None:
        if key not in self.found:
            self._counts[base] = self._counts.get(base, 0) + 1
            self.found[key] = base, self._counts[base]

    def either(self, parts: Iterable[Any], read: Callable[[Any], None]) -> None:
        """Values of which one is taken: what is open in one is counted as if it stood alone."""
        before, most = self._counts, dict(self._counts)
        for part in parts:
            self._counts = dict(before)
            read(part)
            for base, count in self._counts.items():
                most[base] = max(most.get(base, 0), count)
        self._counts = most

    def numbers(self) -> Numbers:
        """The numbers above 1. One that makes what another choice is called, `choice_2` beside that
        label, is left out.
        """
        bases = {base for base, _ in self.found.values()}
        free: dict[str, list[int]] = {base: [1] for base in bases}
        for base, place in self.found.values():
            known = free[base]
            while len(known) < place:
                number = known[-1] + 1
                while f"{base}_{number}" in bases:
                    number += 1
                known.append(number)
        return {key: free[base][n - 1] for key, (base, n) in self.found.items() if n > 1}
