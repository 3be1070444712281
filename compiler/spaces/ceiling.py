"""What an expansion may add to a program's costs, and what proved too dear at a place.

Comes in: a requirement that bounds costs from above, asked of what was added since a place. An
expansion that adds too much ends there, and goes back to a decision that leaves another way. Goes
out: for each place that it passed, the decisions after which any program costs too much.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..expand.retrying import Refused
from .costs import Totals
from .states import State

PATIENCE = 64
"""Programs or places that costs refuse before it is worked out what completions cost."""


class TooMuch(Refused):
    """An expansion has added more than its ceiling allows. `within` are the paths that were open,
    where that was between two choices.
    """

    def __init__(self, added: Totals, within: Sequence[str] = ()) -> None:
        self.added = added
        self.within = within
        super().__init__()


class Impatient(Exception):
    """Everything costs too much at ever more places: it is quicker to work costs out."""


class Dear:
    """The decisions at one place that cost too much: some, and all numbers of turns from one on."""

    __slots__ = ("decisions", "least")

    def __init__(self) -> None:
        self.decisions: set[Any] = set()
        self.least: int | None = None

    def __bool__(self) -> bool:
        return self.least is not None or bool(self.decisions)

    def __contains__(self, decision: Any) -> bool:
        if self.least is not None and decision >= self.least:
            return True
        return decision in self.decisions

    def add(self, state: State, decision: Any, within: Sequence[str]) -> None:
        """A decision at the state cost too much while these paths were open. In the turns of a loop
        whose number was decided, any larger number does too.
        """
        loop = loop_of(state)
        if loop and any(in_turn(path, loop) for path in within):
            self.least = decision if self.least is None else min(self.least, decision)
        else:
            self.decisions.add(decision)


NOTHING_DEAR = Dear()


class Ceiling(NamedTuple):
    """What may be added after the first so many decisions of an expansion. `dear` gives what is
    known of the place at a state before which so much was added, and `note` tells more of it. After
    `patience` places at which everything costs too much, Impatient is raised.
    """

    after: int
    allowed: Callable[[Totals], bool]
    patience: int = 0
    dear: Callable[[State, Totals], Dear] | None = None
    note: Callable[[State, Totals, Any, Sequence[str]], None] | None = None

    def allows(self, state: State, before: Totals, decision: Any, after: Totals) -> bool:
        """Whether a decision may be made that adds to `before` up to `after`."""
        if self.dear is not None and decision in self.dear(state, before):
            return False
        return self.allowed(after)


def in_turn(name: str, loop: str) -> bool:
    """Whether a path leads into a turn of a loop."""
    return name.startswith(loop + ".") and name[len(loop) + 1 :].split(".")[0].isdigit()


def loop_of(state: State) -> str:
    """The path of the loop whose number of turns a range decides; no text for other choices."""
    ranged = state.name.endswith(".n") and not state.real
    return state.name[: -len(".n")] if ranged else ""
