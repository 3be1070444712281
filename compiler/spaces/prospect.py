"""Looking ahead while a space is explored, once so much was refused that it pays.

Comes in: refusals, and which options of a choice lead to nothing that is wanted, as the expansion
finds out from the text (`expand/waiting.py`). Goes out: those options are noted as refused.
"""

from collections.abc import Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ..expand import rough
from ..expand.retrying import Refused
from ..expand.stage_text import is_of_many
from .budget import Budget
from .states import Path, State, decisions_of, grave_of, link

PATIENCE = 64
"""After so many refusals it is looked at whether what follows can lead on at all."""
RULE_WORK = 8
"""About as many decisions as take the time of one rule of a layer that is looked ahead to."""
Asked = tuple[ast.Expression | None, Sequence[int]]
NOBODY: Asked = None, ()


class Dead(Refused):
    """The walk came to a state beyond which there is none."""


class Anew(Refused):
    """So much was refused that the walk begins anew, and looks ahead."""


class Prospect:
    """What one walk knows of what lies ahead of it. `refused` is how often it went back."""

    def __init__(self, budget: Budget, path: Path, given: int) -> None:
        self.refused = 0
        self._budget = budget
        self._path = path  # the walk's own, which goes on and back
        self._given = given  # how many of its decisions were given
        self._anew = False  # whether it began anew to look ahead
        self._asked = NOBODY
        self._rules = rough.of_layer.cache_info().misses

    @property
    def looks(self) -> bool:
        """Whether so much was refused that it is looked at what may follow."""
        return self.refused >= PATIENCE

    def expect_patience(self, refusal: Refused | Fault, *, sweeps: bool) -> None:
        """Raises Anew once the walk went back so often that it is to look ahead; a sweep goes on
        where it is.
        """
        if isinstance(refusal, Anew):
            raise refusal
        if self.looks and not self._anew and not sweeps:
            self._anew = True
            raise Anew

    def taken(self) -> Asked:
        """The choice that was asked about last, and its hopeless options; nobody from then on."""
        asked, self._asked = self._asked, NOBODY
        return asked

    def numbers_of_many(self) -> set[int]:
        """The whole numbers that were decided in ranges of many."""
        return {decision for state, decision in self._path if is_of_many(state.domain)}

    def note_hopeless(self, node: ast.Expression, options: Sequence[int]) -> None:
        """Of the choice that is met next, some options lead to nothing that is wanted."""
        self._asked = node, options
        rules = rough.of_layer.cache_info().misses
        self._budget.count_work(RULE_WORK * (rules - self._rules))
        self._rules = rules

    def decided_of_many(self) -> bool:
        """Whether the last decision is a number of a range of many."""
        return is_of_many(self._path[-1][0].domain)

    def lose(self, *, any_number: bool) -> None:
        """Nothing that may follow the last decision leads to what is wanted; whether it may after
        `any_number` in its place. Raises Dead.
        """
        if len(self._path) <= self._given:
            return
        state, decision = self._path[-1]
        if not any_number and not state.live:
            state.dead = state.hopeless = True
            raise Dead
        self._refuse(state, decision)
        if state.children[decision].dead:
            raise Dead

    def rule_out(self, state: State, node: ast.Expression | None, options: Sequence[int]) -> None:
        """Notes the options of a state that lead to nothing as refused, if it is the choice that
        was asked about.
        """
        offered = decisions_of(state.domain) if node is state.node else ()
        for option in options:
            if option in offered:
                self._refuse(state, option)

    def _refuse(self, state: State, decision: Any) -> None:
        """Notes a decision that leads to nothing that is wanted."""
        child = state.children.get(decision)
        if child is None:
            child = grave_of(state, decision, None)
            child.hopeless = True
            link(state, decision, child)
        elif not (child.live or child.dead):
            child.dead = child.hopeless = True
