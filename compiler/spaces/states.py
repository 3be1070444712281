"""The states of a space: moments at which something is to be decided, and what may be decided."""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any, NamedTuple

from ...grammar.diagnostic import Diagnostic
from ...grammar.span import Span
from ..expand.decisions import Alternatives, Domain, Integers, Reals, Site, shares
from ..expand.remembered import by_identity
from .costs import Totals
from .smallest import size_of

REAL = "real"
_NOTHING = Alternatives(())


class State:
    """A moment at which something is to be decided, or the end of a program."""

    __slots__ = (
        "added", "alike", "before", "bundle", "children", "dead", "domain", "era", "first",
        "hopeless", "known_place", "live", "name", "node", "real", "reason", "shown", "swept",
        "table", "taken",
    )  # fmt: skip

    def __init__(
        self,
        site: Site | None,
        before: "State | None" = None,
        taken: Any = None,
        name: str = "",
        era: int = 0,
    ) -> None:
        self.name = name  # of its choice, from the network down
        self.node = None if site is None else site.node  # none at the end
        self.domain: Domain = _NOTHING if site is None else site.domain
        self.real = isinstance(self.domain, Reals)
        self.era = era  # which memory of the process it belongs to
        self.before = before  # where it was first come from, and by which decision
        self.taken = taken
        self.children: dict[Any, State] = {}
        self.first = 0  # so many decisions from the first on are known to be dead
        self.live = site is None
        self.dead = False
        self.hopeless = False  # whether it is dead since nothing that follows makes what is wanted
        self.reason: Diagnostic | None = None
        self.swept = False  # whether all its decisions were looked at in a row: sweep.py
        self.alike = False  # whether all its decisions lead to one state: expand/alike.py
        self.added: dict[Any, Totals] = {}  # what each decision costs up to the next state
        self.bundle: dict[Totals, float] | None = None
        self.known_place: Place | None = None  # `place`, once it was asked for
        self.table: Any = None  # descent.Table of its domain, once it is drawn from
        self.shown: dict[Any, Any] | None = (
            None  # decisions as traces show them, from the second on
        )

    def forget(self) -> None:
        """Drops where its decisions lead."""
        self.children = {}
        self.swept = False
        self.first = 0
        self.bundle = None

    @property
    def place(self) -> "Place":
        """Where walks that do not count costs stand."""
        if self.known_place is None:
            self.known_place = Place(self, ())
        return self.known_place

    @property
    def site(self) -> Site | None:
        """The choice, None at the end."""
        return None if self.node is None else Site(self.name, self.domain, self.node)

    def place_of_choice(self) -> Span:
        """Where the choice stands in the text."""
        assert self.node is not None
        return self.node.span


class Place(NamedTuple):
    """A state, and the costs of the decisions that led to it."""

    state: State
    spent: Totals


def prefix_of(state: State) -> list[Any]:
    """Decisions that lead to a state."""
    found = []
    while state.before is not None:
        found.append(state.taken)
        state = state.before
    return found[::-1]


def is_cut_off(state: State) -> bool:
    """Whether a decision that leads to a state is refused: what refuses a layer is remembered, and
    may be told before the state is met again.
    """
    while state.before is not None:
        before = state.before
        child = before.children.get(edge(before, state.taken))
        if child is not None and child.dead:
            return True
        state = before
    return False


def along(state: State, decisions: Sequence[Any]) -> list[State]:
    """The states that decisions pass from one on, as far as they are known."""
    here: State | None = state
    found: list[State] = []
    for decision in (*decisions, None):
        if here is None or here.node is None:
            break
        found.append(here)
        here = here.children.get(edge(here, decision)) if len(found) <= len(decisions) else None
    return found


def link(before: State, decision: Any, after: State) -> None:
    """Notes where a decision leads, and with it all that are alike."""
    for each in decisions_of(before.domain) if before.alike else (decision,):
        before.children.setdefault(each, after)


def grave_of(state: State, decision: Any, reason: Diagnostic | None) -> State:
    """Where a decision leads that is refused."""
    grave = State(None, state, decision)
    grave.live, grave.dead, grave.reason = False, True, reason
    return grave


DONE = State(None)
Path = list[tuple[State, Any]]
Policy = Callable[[State, int, Container[Any]], Any]
"""What is decided at a state, the so-manyth decision of the program, of what does not cost too much
there; None where nothing is left."""
Suffices = Callable[[State, int, Totals], bool]
"""Whether an expansion need go no further than a state, the so-manyth of the program, before which
so much was added under a ceiling: what lies beyond is known well enough."""


def edge(state: State, decision: Any) -> Any:
    """The key of a decision among a state's children: all real numbers lead to the same place."""
    return REAL if state.real else decision


def decisions_of(domain: Domain) -> Sequence[Any]:
    """Every decision of a finite domain, in order; of a real range, one that stands for all. An
    option of weight zero is none.
    """
    match domain:
        case Alternatives(options, None):
            return range(len(options))
        case Alternatives(weights=tuple(weights)):
            return [place for place, weight in enumerate(weights) if weight > 0]
        case Integers(low, high, step):
            return range(low, high + 1, step)
        case Reals(low, high):
            return ((low + high) / 2,)
    raise AssertionError(domain)


def weights_of(domain: Domain) -> list[float]:
    """How likely each decision of a finite domain is, before validity is looked at."""
    match domain:
        case Alternatives(options, weights):
            if weights is None:
                return [1.0] * len(options)
            return [weight for weight in weights if weight > 0]
        case Integers(low, high, step, True):
            return list(shares(range(low, high + 1, step), step))
        case Integers():
            return [1.0] * len(domain)
        case Reals():
            return [1.0]
    raise AssertionError(domain)


@by_identity
def shortest_first(domain: Alternatives) -> Sequence[int]:
    """Every decision, that for the shortest option first."""
    return sorted(decisions_of(domain), key=lambda place: size_of(domain.options[place]))


def candidates(state: State) -> Iterator[Any]:
    """The decisions of a state that are not known to be dead, the shortest options first: they
    complete a program soon, where a block may use itself.
    """
    domain = state.domain
    decisions = shortest_first(domain) if isinstance(domain, Alternatives) else decisions_of(domain)
    for place in range(state.first, len(decisions)):
        child = state.children.get(edge(state, decisions[place]))
        if child is None or not child.dead:
            yield decisions[place]
        elif place == state.first:
            state.first += 1  # it stays dead


def first_open(state: State, _: int, dear: Container[Any] = ()) -> Any:
    """The first decision that is not known to be dead."""
    return next((item for item in candidates(state) if item not in dear), None)


def never(_: State, __: int, ___: Totals) -> bool:
    """An expansion that goes to the end."""
    return False


def is_live(state: State, _: int, __: Totals) -> bool:
    """An expansion that asks whether there is a program."""
    return state.live
