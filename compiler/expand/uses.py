"""What uses of blocks came to, kept for later uses that are the same."""

from collections.abc import Hashable
from typing import Any

from ...grammar import ast

PATIENCE = 1_000
"""How many more uses of a block may be new than known before nothing is looked up for it."""


class KnownUses:
    """Answers by key, up to `most`; then it begins anew. A block whose uses differ too much is not
    worth the looking up.
    """

    __slots__ = ("_answers", "_most", "_tallies")

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: dict[Hashable, Any] = {}
        self._tallies: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def pays(self, function: ast.Function) -> bool:
        """Whether it is worth to look a use of this block up."""
        tally = self._tallies.get(id(function))
        return tally is None or tally[0] <= PATIENCE + tally[1]

    def find(self, function: ast.Function, key: Hashable) -> Any:
        """What an earlier use came to, None for a new one."""
        found = self._answers.get(key)
        self._tallies.setdefault(id(function), [0, 0])[found is not None] += 1
        return found

    def keep(self, key: Hashable, answer: Any) -> None:
        if len(self._answers) >= self._most:
            self._answers.clear()
        self._answers[key] = answer
