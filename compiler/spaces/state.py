"""Deciding a program choice by choice, for whoever acts in a space rather than draws from it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..expand.decisions import Reals
from .drawn import DrawnProgram
from .encoding import options_at
from .replay import MOST_SHOWN, is_live, shown
from .states import DONE, Place
from .trace import decision_of, plain, value_of
from .walk import Step

if TYPE_CHECKING:
    from .space import Space


@dataclass(frozen=True, slots=True)
class Interval:
    """The legal values of a real choice, both ends included; `log` if its logarithm is uniform."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class SpaceState:
    """A program that is being decided. `choose` gives the next state; this one stays as it is."""

    space: "Space"
    place: Place
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        """Where one stands. The options are those of the text: which of them are legal may take
        long to find out.
        """
        if self.done:
            return f"<all of {self.space.name} is decided>"
        options = options_at(self.place.state)
        words = [" ".join(str(item).split()) for item in options[:MOST_SHOWN]]
        words += ["…"] if len(options) > MOST_SHOWN else []
        return f"<deciding {self.site}: {' | '.join(words)}>"

    @property
    def done(self) -> bool:
        """Whether nothing is left to decide."""
        return self.place.state is DONE

    @property
    def site(self) -> str | None:
        """The name of the next choice, None at the end."""
        site = self.place.state.site
        return None if site is None else site.name

    def options(self) -> list[Any] | Interval:
        """The legal values of the next choice: those after which a valid program can be reached."""
        if self.done:
            return []
        domain, walk = self.place.state.domain, self.space.walk
        self.space.process.budget.begin()
        live = self.space.process.answer(lambda: walk.options(self._now()))
        if isinstance(domain, Reals):
            return Interval(domain.low, domain.high, domain.log)
        return [value_of(domain, decision) for decision in live]

    def choose(self, value: Any) -> "SpaceState":
        """The state after a decision. Raises ValueError for a value not among `options()`."""
        if self.done:
            raise ValueError("the program is complete: there is nothing left to choose")
        decision = decision_of(self.place.state.domain, plain(value))
        if decision is None:
            raise ValueError(f"{value!r} is no option of {self.site}: {shown(self.place)}")
        walk = self.space.walk
        self.space.process.budget.begin()

        def chosen() -> SpaceState:
            here = self._now()
            if not is_live(walk, here, decision):
                raise ValueError(f"{self.site} = {value!r} leads to no valid program")
            return SpaceState(
                self.space, walk.step(here, decision), (*self.steps, (here, decision))
            )

        return self.space.process.answer(chosen)

    def _now(self) -> Place:
        """The place as it is known now."""
        return self.space.still(self.place, self.steps)

    @property
    def program(self) -> DrawnProgram:
        """The program that was decided. Raises ValueError while choices are left."""
        if not self.done:
            raise ValueError(f"{self.site} is not decided yet")
        return DrawnProgram(self.space, self.steps)
