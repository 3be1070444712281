"""Deciding a program by somebody's wishes: each choice is asked for, and the first wish that is
legal is taken.

Comes in: a space, and for every choice decisions in the order in which they are wished for. Goes
out: a program of the space. May be assumed: where no wish is legal, the first legal option is
taken, so every answer gives a valid program.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..deep import deep_recursion
from ..expand.decisions import Alternatives, Integers
from .drawn import DrawnProgram
from .limit import SpaceLimit
from .replay import is_live
from .states import DONE, Place, decisions_of
from .walk import Step

if TYPE_CHECKING:
    from .space import Space

Wishes = Callable[[Place], Iterable[Any]]


@dataclass(slots=True)
class Patience:
    """How many expansions it may cost to find out whether one wish is legal. What takes longer is
    passed over, and stays so, so that equal wishes make equal programs while this is kept.
    """

    expansions: int
    passed_over: set[tuple[Place, Any]] = field(default_factory=set)


def decided(space: "Space", wishes: Wishes, patience: Patience | None = None) -> DrawnProgram:
    """The program that the wishes make. Raises SpaceLimit where that is out of reach."""
    steps = list[Step]()
    space.process.budget.begin()
    with deep_recursion():
        place = space.process.answer(space.walk.start)
        while place.state is not DONE:
            asked = _Asked(space, place, steps, patience)
            decision = next(filter(asked.is_live, wishes(place)), None)
            if decision is None:
                decision = asked.first()
            place = asked.step(decision)
            steps.append((asked.now(), decision))
    return DrawnProgram(space, steps)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A place where it is asked what is legal."""

    space: "Space"
    place: Place
    steps: Sequence[Step]
    patience: Patience | None

    def now(self) -> Place:
        """The place as it is known now."""
        return self.space.still(self.place, self.steps)

    def first(self) -> Any:
        """The first legal decision."""
        return self.space.process.answer(lambda: self.space.walk.first(self.now()))

    def step(self, decision: Any) -> Place:
        """Where a decision leads."""
        return self.space.process.answer(lambda: self.space.walk.step(self.now(), decision))

    def is_live(self, decision: Any) -> bool:
        """Whether a wish can be fulfilled."""
        process, patience = self.space.process, self.patience
        if patience is None:
            return process.answer(lambda: is_live(self.space.walk, self.now(), decision))
        if (self.place, decision) in patience.passed_over:
            return False
        try:
            with process.budget.allowance(patience.expansions):
                return process.answer(lambda: is_live(self.space.walk, self.now(), decision))
        except SpaceLimit:
            patience.passed_over.add((self.place, decision))
            return False


def around(domain: Alternatives | Integers, decision: Any) -> Iterator[Any]:
    """A decision, then the others: of a range the nearest first and of two the lower; of options
    those behind it in the text, and from the beginning again.
    """
    if isinstance(domain, Integers):
        yield from _nearest(domain, decision)
        return
    order = list(decisions_of(domain))
    start = order.index(decision)
    yield from (*order[start:], *order[:start])


def _nearest(domain: Integers, decision: int) -> Iterator[int]:
    yield decision
    for distance in range(domain.step, domain.high - domain.low + domain.step, domain.step):
        for other in (decision - distance, decision + distance):
            if domain.low <= other <= domain.high:
                yield other
