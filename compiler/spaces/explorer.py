"""Whoever decides an expansion that finds out about a space: it notes the states that it passes,
and what is refused.

Comes in: decisions to begin with, and a policy for those after them. Where a part of the expansion
is refused, it goes back to the last decision that the refusal rests on and that leaves another way;
the checker then takes back what it made and goes on from there (`expand/retrying.py`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...grammar import ast
from ...grammar.diagnostic import Diagnostic, Fault
from ..expand.alike import Apart
from ..expand.builder import GraphBuilder
from ..expand.closed import Indivisible
from ..expand.context import Context
from ..expand.decisions import Site
from ..expand.grounds import Argued, Grounds
from ..expand.retrying import Refused
from ..expand.session import Session
from ..expand.waiting import Waiting
from ..graph import Graph
from ..types import TensorType
from .ceiling import Ceiling, TooMuch
from .dead import DeadEnd, refused_number
from .limit import SpaceLimit
from .outlook import exceeded
from .prospect import Dead, Prospect
from .refusals import Refusals
from .spending import Spending
from .states import (
    DONE,
    REAL,
    Path,
    Policy,
    State,
    Suffices,
    edge,
    link,
)
from .sweep import Sweep, Untaken

if TYPE_CHECKING:
    from .process import Process


MOST_DECISIONS = 20_000
"""So many stand in one program: what is asked of a space goes from one to the next, and deeper."""
LAYER_WORK = 48
"""About as many expressions as are worked out for one layer."""


class Known(Exception):
    """The walk came to a state beyond which a program is known."""


class Enough(Exception):
    """The walk came as far as it was to go, and what lies beyond is not known."""


class Exhausted(Refused):
    """No decision is left that may be changed."""

    def __init__(self, grounds: Grounds, reason: Diagnostic | None) -> None:
        self.grounds = grounds
        self.reason = reason
        super().__init__()


class Mark(NamedTuple):
    """How far the walk has come: decisions, and what was spent."""

    made: int
    spending: tuple[Any, ...]


class Course(NamedTuple):
    """What is decided after a prefix, until what is `enough`, and under which ceiling. A `sweep`
    goes back for what nobody took.
    """

    policy: Policy
    enough: Suffices
    ceiling: Ceiling | None = None
    sweep: Sweep | None = None


class Explorer:
    """Decides by a prefix, then as its course says."""

    def __init__(self, process: "Process", prefix: Sequence[Any], course: Course) -> None:
        self.process = process
        self.policy, self.enough, ceiling, self.sweep = course
        self.base = 0  # how many decisions were made before those of the prefix
        self.prefix = self._given = prefix
        self.states = process.states_along(prefix)  # those that the prefix is known to pass
        self.given = len(prefix)
        self.path: Path = []
        self.spending = Spending(process, ceiling)
        self.session: Session | None = None
        self._proved: set[int] = set()
        self.refusals = Refusals(self.path)
        self._spent = 0  # the session's work when it was last counted
        self.prospect = Prospect(process.budget, self.path, len(prefix))

    def begin(self, session: Session) -> None:
        """An expansion begins. What follows the stage at hand is kept where somebody may ask for
        it: a walk that has not been refused much yet begins anew before it does.
        """
        asks = self.sweep is not None or self.prospect.looks
        session.waiting = Waiting() if asks else None
        session.hope = self._hope(session)

    def _hope(self, session: Session) -> Prospect | None:
        """Who is told which options lead to nothing, once so much was refused."""
        return self.prospect if self.prospect.looks and session.waiting is not None else None

    @property
    def made(self) -> int:
        """How many decisions were made."""
        return len(self.path)

    def domain(self, place: int) -> Any:
        """The domain of a decision that was made."""
        return self.path[place][0].domain

    def note_applied(self, argued: Argued, types: tuple[TensorType, ...]) -> None:
        """Inputs of these types flow into a layer whose arguments were decided."""
        self.refusals.note_applied(argued, types)

    def prove(self, place: int) -> None:
        """Notes that the number at a decision is known to decide nothing."""
        state, waiting = self.path[place][0], self.process.unproved
        if waiting and waiting[-1] is state:
            waiting.pop()
        elif state in waiting:
            waiting.remove(state)
        else:
            self._proved.add(place)

    def decide(self, site: Site, context: Context) -> Any:
        """The decision at a site. Raises Known or Refused where the walk need go no further."""
        self.spending.grows_in(context.builder, context.session)
        self.session = context.session
        self.session.hope = self._hope(self.session)
        asked = self.prospect.taken()
        index, process = len(self.path), self.process
        ahead = index - self.base
        if ahead < len(self.states):
            state = self.states[ahead]
        else:
            state = self._led_to() or process.meet(site, context, self.path)
        self._arrive(state)
        self._count_work(1)
        if self.spending.ceiling is not None:
            self.spending.look_up(index)
        if ahead < len(self.prefix):
            return self._take(state, self.prefix[ahead])
        if self.sweep is not None:
            self._expect_explored(self.sweep)
        if asked[1]:
            self.prospect.rule_out(state, *asked)
        if self.enough(state, index, self.spending.added(index)):
            raise Known if state.live else Enough
        decision = self._next(state, index)
        if decision is None:
            if self.spending.dear(state, index) and not state.dead:
                raise TooMuch(self.spending.added(index))
            state.dead = True
            raise Dead
        return self._take(state, decision)

    def _next(self, state: State, place: int) -> Any:
        """What the policy decides, None where nothing is left."""
        return None if state.dead else self.policy(state, place, self.spending.dear(state, place))

    def _take(self, state: State, decision: Any) -> Any:
        if len(self.path) >= MOST_DECISIONS:
            most = f"{MOST_DECISIONS:,}"
            raise SpaceLimit(f"one program of this space takes more than {most} decisions")
        self.path.append((state, decision))
        return decision

    def _expect_explored(self, sweep: Sweep) -> None:
        """Raises Untaken where a sweep has more to find out at the state before."""
        if len(self.path) > self.given:
            sweep.expect_explored(*self.path[-1])

    def _led_to(self) -> State | None:
        """The state that the last decision is known to lead to."""
        if not self.path:
            return None
        before, decision = self.path[-1]
        found = None if before.real else before.children.get(decision)
        known = found is not None and found.node is not None and found.era == self.process.era
        return found if known else None

    def _count_work(self, decisions: int) -> None:
        """Decisions, and what was worked out since the last: much can be without any layer."""
        assert self.session is not None
        spent = self.session.spent
        self.process.budget.count_work(decisions + max(0, spent - self._spent) // LAYER_WORK)
        self._spent = spent

    def leave_out(self, work: int) -> None:
        """So much work was done by nobody."""
        self._spent += work

    def take_for_alike(self, node: ast.Expression) -> None:
        """Which decision was made at a choice shows in the graph alone."""
        if self.path and self.path[-1][0].node is node:
            self.path[-1][0].alike = True

    def watch(self, builder: GraphBuilder) -> None:
        """Called while a graph grows: it may grow for long between two decisions."""
        if self.session is not None:
            self._count_work(0)
        self.spending.watch(builder)

    def network(self, graph: Graph) -> None:
        """The network is whole."""
        self.spending.is_whole(graph)

    def finish(self) -> None:
        """Links the last decision to the end of the program."""
        session = self.session
        if session is not None and session.took_alike and 2 * session.spent > session.allowed:
            raise Apart(None)  # with other options it may be too much
        self._arrive(DONE)
        if self.sweep is not None:
            self._expect_explored(self.sweep)

    def _arrive(self, state: State) -> None:
        """Links the decision before to the state it led to, with what lies between."""
        if not self.path:
            self.process.begin(state, self.spending.since_last("", known=False))
            return
        before, decision = self.path[-1]
        known_edge = edge(before, decision) in before.children
        added = self.spending.since_last(before.name, known=known_edge)
        if not added and not before.real:
            link(before, decision, state)
            return
        key = edge(before, decision)
        known = before.children.setdefault(key, state)
        if key is REAL and (known is not state or before.added.get(key, added) != added):
            place = before.place_of_choice()
            raise DeadEnd(refused_number(place, known.taken, known.reason))
        if key is REAL and key not in before.added and len(self.path) - 1 not in self._proved:
            self.process.unproved.append(before)
        self._proved.discard(len(self.path) - 1)
        before.added.setdefault(key, added)

    # --- other ways

    def mark(self) -> Mark:
        """Where an attempt begins."""
        return Mark(len(self.path), self.spending.mark())

    def retry(self, start: Mark, refusal: Refused | Fault) -> None:
        """Goes back to the last decision since `start` that the refusal rests on and that leaves
        another way, and takes that. Raises Exhausted where none does, TooMuch where some cost too
        much.
        """
        if self.session is not None:
            self._count_work(0)  # before it is taken back
        self.prospect.expect_patience(refusal, sweeps=self.sweep is not None)
        if isinstance(refusal, Untaken):
            self._take_another(start, refusal)
            return
        self.prospect.refused += 1
        dear, refusal = self._too_much(refusal)
        grounds, reason = (Grounds(0), None) if dear else self._grounds(refusal)
        kept = max(start.made, self.given)
        while len(self.path) > kept:
            place = len(self.path) - 1
            state, taken = self.path.pop()
            if dear is not None:
                decision = self._cheaper(state, taken, place, dear)
                dear = TooMuch(dear.added)
            elif grounds.hold(place):
                decision = self._another(state, place, grounds)
            else:  # whatever had been decided here
                state.dead, state.reason = True, reason
                self.refusals.forget(place)
                continue
            if decision is not None:
                self._go_on(start, state, place, decision)
                return
            if dear is None and self.spending.dear(state, place):
                dear = TooMuch(self.spending.added(place))
            elif dear is None:
                state.dead = True
                grounds = self.refusals.all(state, place)
        if dear is not None:
            raise dear
        raise Exhausted(grounds, reason)

    def _too_much(self, refusal: Refused | Fault) -> tuple[TooMuch | None, Refused | Fault]:
        """A refusal because of costs, or of a size that is counted like one; and as it is told."""
        if isinstance(refusal, TooMuch):
            return refusal, refusal
        size = exceeded(refusal)
        if size is None:
            return None, refusal
        if self.process.network.uses is not None:  # it is as large as its largest uses
            raise Indivisible
        if self.session is not None and self.session.took_alike:
            raise Apart(None)  # of some options the program may not be too large
        refused: Any = refusal
        reason = self.process.outlook.told(size, refused.diagnostic)
        last = self.path[-1][0] if self.path else None
        return self.spending.too_large(size, reason, last), Fault(reason)

    def _take_another(self, start: Mark, untaken: Untaken) -> None:
        """Goes back to the last decision. Raises Untaken where that was made before `start`."""
        if len(self.path) <= start.made:
            raise untaken
        state, _ = self.path.pop()
        self._go_on(start, state, len(self.path), self.policy(state, len(self.path), ()))

    def _go_on(self, start: Mark, state: State, place: int, decision: Any) -> None:
        """With another decision at a state, and the same before."""
        self.process.budget.count_run()
        self.refusals.go_back(place)
        self.base, again = start.made, self.path[start.made :]
        self.states = [*[passed for passed, _ in again], state]
        self.prefix = [*[taken for _, taken in again], decision]
        self._go_back(start)

    def _cheaper(self, state: State, taken: Any, place: int, dear: TooMuch) -> Any:
        """The next decision at a state where one cost too much."""
        self.refusals.forget(place)
        self.spending.note_dear(state, place, taken, dear.within)
        decision = self._next(state, place)
        if decision is None:
            self.spending.count_all_dear()
        return decision

    def _another(self, state: State, place: int, grounds: Grounds) -> Any:
        """The next decision at a state, after one was refused on some grounds."""
        self.refusals.note(place, grounds)
        return self._next(state, place)

    def _grounds(self, refusal: Refused | Fault) -> tuple[Grounds, Diagnostic | None]:
        """What a refusal rests on; a new one is noted as the fate of the last decision."""
        match refusal:
            case Exhausted():
                return refusal.grounds, refusal.reason
            case Dead():
                return Grounds(len(self.path)), None
        reason: Diagnostic = refusal.diagnostic  # type: ignore[union-attr]
        self.process.bury(self.path, reason)
        return self.refusals.grounds(reason, self.session), reason

    def _go_back(self, start: Mark) -> None:
        del self.path[start.made :]
        self._proved = {place for place in self._proved if place < start.made}
        self.spending.restore(start.spending)

    def restart(self) -> None:
        """From the beginning, with the decisions that are left."""
        self.prospect.taken()
        self.spending.restart()

    def begin_anew(self, start: Mark) -> None:
        """From the beginning, with the decisions that were given."""
        self._go_back(start)
        self.base, self.prefix = 0, self._given
        self.states = self.process.states_along(self.prefix)
        self.refusals = Refusals(self.path)
