"""The automaton of a space: its states, the decisions that each allows, and where they lead.

The checker expands the program and stops at every open choice; what the rest of the expansion
depends on (`expand/holding.py`) identifies the state it is in. So the space becomes an automaton,
found out lazily: a known edge is followed in a table, an unknown one costs one expansion. A state
is dead when every decision in it is, and only what is proved dead is ever left out.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...grammar.diagnostic import Diagnostic
from .. import errors
from ..deep import deep_recursion
from ..expand.alike import Apart
from ..expand.closed import CostsWanted
from ..expand.context import Context
from ..expand.decisions import Reals, Site
from ..expand.retrying import Refused
from ..types import TensorType
from .budget import Budget
from .ceiling import Ceiling, Dear, TooMuch
from .costs import Totals
from .dead import DeadEnd, refused_number
from .explorer import Course, Enough, Exhausted, Explorer, Known
from .keys import Keys
from .limit import SpaceLimit
from .open_network import OpenNetwork
from .outlook import Outlook, SizesMatter
from .prospect import Anew
from .states import (
    REAL,
    Path,
    Policy,
    State,
    Suffices,
    along,
    candidates,
    edge,
    first_open,
    grave_of,
    is_cut_off,
    is_live,
    link,
    never,
    prefix_of,
)
from .sweep import Fan, Sweep, is_explored

Answer = TypeVar("Answer")
Allowed = Callable[[Totals], bool]


@dataclass(slots=True)
class Process:
    """The states of one network with open choices, as far as they are known."""

    network: OpenNetwork
    budget: Budget = field(default_factory=Budget)
    era: int = 0
    parted: int = 0  # the era since which the same options are taken for alike
    states: dict[Any, State] = field(default_factory=dict)
    unproved: list[State] = field(default_factory=list)
    outlook: Outlook = field(init=False)
    start: Totals = ()
    _root: State | None = None
    _keys: Keys = field(default_factory=Keys)

    def __post_init__(self) -> None:
        self.outlook = Outlook(self.network.limits)

    def root(self) -> State:
        """The first choice; DONE where there is none. Raises DeadEnd where even that is out of
        reach.
        """
        if self._root is None:
            self.run([], first_open)
        assert self._root is not None
        return self._root

    def begin(self, state: State, added: Totals) -> None:
        """The first choice, and what stands before it."""
        self._root = state
        self.start = added

    # --- expanding

    def run(
        self,
        prefix: Sequence[Any],
        policy: Policy,
        enough: Suffices = is_live,
        ceiling: Ceiling | None = None,
        sweep: Sweep | None = None,
    ) -> None:
        """Expands with the decisions of `prefix`, then those of `policy`, until that is `enough`,
        or to the end. Raises TooMuch where it goes beyond the `ceiling`.
        """
        course = Course(policy, enough, ceiling, sweep)
        try:
            self._proved(prefix, course)
        except CostsWanted:
            self.network.closed = None
            self._begin_anew()
            raise Apart(None) from None
        except SizesMatter as found:
            self.outlook.count(found.size)
            self.network.partition.none_alike = True  # sizes are those of the largest option
            self._begin_anew()
            raise Apart(None) from None
        except Apart as found:
            self.network.partition.tell_apart(found)
            self._begin_anew()
            raise

    def _proved(self, prefix: Sequence[Any], course: Course) -> None:
        """As `run`; what is taken for granted of real numbers is proved afterwards."""
        try:
            self._expanded(prefix, course)
        except (Apart, CostsWanted, SizesMatter):
            self.unproved.clear()  # all is forgotten
            raise
        except SpaceLimit:
            self._leave_unproved()
            raise
        finally:
            while self.unproved:
                self._prove_last()

    def _prove_last(self) -> None:
        state = self.unproved.pop()
        try:
            self._prove(state)
        except SpaceLimit:
            self.unproved.append(state)
            self._leave_unproved()
            raise

    def _leave_unproved(self) -> None:
        """There is no budget left to prove what was taken for granted, so nothing is."""
        for state in self.unproved:
            state.children.pop(REAL, None)
            state.added.pop(REAL, None)
        self.unproved.clear()

    def stop_counting_sizes(self) -> None:
        """No program is too large. Raises Apart: what is asked is to be asked again."""
        self.outlook.settle()
        self._begin_anew()
        raise Apart(None)

    def _begin_anew(self) -> None:
        """What was found out took options for alike that are to be told apart."""
        self.unproved.clear()
        self.forget()
        self.parted = self.era

    def _prove(self, state: State) -> None:
        """A number from a real range decides nothing: its ends lead where any number does."""
        assert isinstance(state.domain, Reals)
        ends, to_the_end = (state.domain.low, state.domain.high), Course(first_open, never)
        low, high = [
            self._expanded([*prefix_of(state), end], to_the_end, full=True) for end in ends
        ]
        if low is not None and high is not None and low != high:
            reason = errors.spaces.RealDecides(state.place_of_choice())
            self.bury([(state, ends[0])], reason)

    def _expanded(
        self, prefix: Sequence[Any], course: Course, *, full: bool = False
    ) -> Sequence[TensorType] | None:
        """The types of all values of the program at the end; None where it does not go so far,
        because the rest is known, or because the last decision of `prefix` proved dead. `full`:
        with every node, though its block be known.
        """
        walk = Explorer(self, prefix, course)
        start, values = walk.mark(), None
        while True:
            self.budget.count_run()
            try:
                values = self.network.explore(walk, self.outlook.limits, full=full)
                walk.finish()
                break
            except Known:
                break
            except Enough:
                return None
            except Anew:
                walk.begin_anew(start)
            except Refused as refusal:
                try:
                    walk.retry(start, refusal)
                except Exhausted:
                    return None
                except Anew:
                    walk.begin_anew(start)
            walk.restart()
        for state, _ in walk.path:
            state.live = True
        return values

    def bury(self, path: Path, reason: Diagnostic) -> None:
        """Notes that the last decision of a path is refused. Raises DeadEnd for an empty path."""
        if not path:
            raise DeadEnd(reason)
        state, decision = path[-1]
        key = edge(state, decision)
        known = state.children.pop(key, None)
        if known is not None and not known.dead:  # with another number of a real range it leads on
            for other in self.states.values():
                other.live = False
            if key is REAL:
                reason = refused_number(state.place_of_choice(), decision, reason)
        link(state, key, grave_of(state, decision, reason))

    def meet(self, site: Site, context: Context, path: Path) -> State:
        """The state of this moment, new or known."""
        key = self._keys.of(site, context)
        state = self.states.get(key)
        if state is None:
            before, taken = path[-1] if path else (None, None)
            name = f"{self.network.reference.function.name}.{site.name}"
            state = self.states[key] = State(site, before, taken, name, self.era)
        return state

    # --- questions

    def answer(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question, which is asked again where options that it took for alike
        proved not to be.
        """
        spent = self.budget.spent
        with deep_recursion():
            while True:
                try:
                    return question()
                except Apart:
                    self.budget.spent = spent

    def states_along(self, decisions: Sequence[Any]) -> list[State]:
        """The states that decisions pass, as far as they are known."""
        return [] if self._root is None else along(self._root, decisions)

    def child(self, state: State, decision: Any) -> State:
        """Where a decision leads."""
        key = edge(state, decision)
        found = state.children.get(key)
        if found is None:
            if state.era != self.era:
                again = self._again(state)
                found = self.child(again, decision)
                if key in again.added:
                    state.added[key] = again.added[key]
            else:
                self.run([*prefix_of(state), decision], first_open)
                found = state.children.get(key) or grave_of(state, decision, state.reason)
            state.children[key] = found
        return found

    def explore(self, state: State) -> bool:
        """Finds out where all decisions of a state lead, if any of them to a program."""
        if not self.settle(state):
            return False
        if state.era == self.era and not is_explored(state):
            sweep = Sweep()
            self.run(prefix_of(state), sweep.policy, sweep.enough, sweep=sweep)
        return True

    def next(self, state: State, taken: Sequence[Any], ceiling: Ceiling) -> State:
        """Where the last of some decisions leads, which was made at `state`, whether or not a
        program lies beyond. Raises TooMuch.
        """
        self.run(taken, first_open, lambda _, index, __: index >= len(taken), ceiling)
        key, grave = edge(state, taken[-1]), grave_of(state, taken[-1], state.reason)
        return state.children.setdefault(key, grave)

    def fan(self, state: State, taken: Sequence[Any], after: int, allowed: Allowed) -> Dear:
        """Finds out where all decisions of a state lead, to which those `taken` led, in one
        expansion, and whether or not a program lies beyond. Goes out: the decisions with which more
        than is allowed is added after the first so many.
        """
        fan = Fan(state, len(taken))
        with suppress(TooMuch):
            self.run(taken, fan.policy, fan.enough, fan.ceiling(after, allowed), fan)
        return fan.dear

    def _again(self, state: State) -> State:
        """A state that was forgotten, as it is known now."""
        found = self.root()
        for decision in prefix_of(state):
            found = self.child(found, decision)
        return found

    def forget(self) -> None:
        """Begins anew with an empty memory: whatever is drawn stays the same."""
        for state in self.states.values():
            state.forget()
        self.states.clear()
        self._keys, self._root = Keys(), None
        self.era += 1

    def settle(self, state: State) -> bool:
        """Whether any program lies beyond a state."""
        while not (state.live or state.dead):
            decision = next(candidates(state), None)
            if decision is None:
                state.dead = True
            elif state.era == self.era and edge(state, decision) not in state.children:
                self.run(prefix_of(state), first_open)  # which may rule out all at once
                if not state.live and edge(state, decision) not in state.children:
                    state.dead |= is_cut_off(state)
            elif self.settle(self.child(state, decision)):
                state.live = True
        return state.live
