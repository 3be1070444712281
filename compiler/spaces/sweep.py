"""Finding out all of an automaton: where every decision of a state leads, and with it what lies
beyond.

Comes in: a state. Goes out: nothing; its edges are known afterwards. One expansion goes back, at
each choice after the next, to the options that nobody has taken yet, and goes on behind the first
that is live. What stands before a choice is not expanded again for each of its options, so a chain
of ten thousand choices costs as many layers as it has options.
"""

from collections.abc import Callable, Container, Sequence
from typing import Any

from ..expand.retrying import Refused
from .ceiling import NOTHING_DEAR, Ceiling, Dear
from .costs import Totals
from .states import State, candidates, decisions_of, edge

NO_HURRY = 1 << 62


class Untaken(Refused):
    """Another decision is to be taken at the state before, though nothing was refused."""


def is_explored(state: State) -> bool:
    """Whether it is known where every decision leads."""
    domain = state.domain
    return state.node is None or len(state.children) >= (
        1 if state.real else len(decisions_of(domain))
    )


class Sweep:
    """The decisions of one expansion, which explores one live state after another. One that is not
    known to be live is left to be asked for by itself: what refuses a layer may rule out thousands
    of its settings at once.
    """

    def __init__(self) -> None:
        self._next: dict[State, int] = {}  # the position from which on decisions may be unknown

    def policy(self, state: State, index: int, dear: Container[Any] = ()) -> Any:
        """The first decision that nobody knows where it leads; where all are known, the first that
        leads to a program.
        """
        found = None if is_explored(state) or not state.live else self._untaken(state, dear)
        if found is None:
            state.swept = True
            found = _ahead(state, dear)
        return found

    def enough(self, state: State, index: int, added: Totals) -> bool:
        """Whether a sweep has gone on from a state before."""
        return state.swept

    def expect_explored(self, state: State, taken: Any) -> None:
        """Raises Untaken where the expansion is not to go on behind a decision of a live state:
        because others are unknown, or because it goes on elsewhere.
        """
        if state.live and (not is_explored(state) or _ahead(state, ()) != taken):
            raise Untaken

    def _untaken(self, state: State, dear: Container[Any]) -> Any:
        decisions = decisions_of(state.domain)
        for position in range(self._next.get(state, 0), len(decisions)):
            decision = decisions[position]
            if edge(state, decision) not in state.children and decision not in dear:
                self._next[state] = position
                return decision
        return None


class Fan(Sweep):
    """Explores one state, the `at`-th of the program, be it live or not, and goes no further. What
    costs too much there is kept in `dear`.
    """

    def __init__(self, state: State, at: int) -> None:
        super().__init__()
        self.dear = Dear()
        self._state = state
        self._at = at

    def ceiling(self, after: int, allowed: Callable[[Totals], bool]) -> Ceiling:
        """What may be added after the first so many decisions."""
        return Ceiling(after, allowed, NO_HURRY, self._dear_at, self._note)

    def policy(self, state: State, index: int, dear: Container[Any] = ()) -> Any:
        """The first decision that nobody knows where it leads."""
        if index != self._at:
            return _ahead(state, dear)
        found = self._untaken(state, self.dear)
        return _ahead(state, self.dear) if found is None else found

    def enough(self, state: State, index: int, added: Totals) -> bool:
        """Whether the state is left behind."""
        return index > self._at

    def expect_explored(self, state: State, taken: Any) -> None:
        """Raises Untaken while decisions of the state are unknown."""
        if state is self._state and self._untaken(state, self.dear) is not None:
            raise Untaken

    def _dear_at(self, state: State, _: Totals) -> Dear:
        return self.dear if state is self._state else NOTHING_DEAR

    def _note(self, state: State, _: Totals, decision: Any, within: Sequence[str]) -> None:
        if state is self._state:
            self.dear.add(state, decision, within)


def _ahead(state: State, dear: Container[Any]) -> Any:
    """The first decision that is known to lead to a program, else the first that may."""
    left = [item for item in candidates(state) if item not in dear]
    for decision in left:
        child = state.children.get(edge(state, decision))
        if child is not None and child.live:
            return decision
    return left[0] if left else None
