"""Grid search: every program of the space, in the order of its text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...compiler.spaces.drawn import DrawnProgram
from ...compiler.spaces.random import Random
from ..method import ANY_CHOICE, Exhausted, History, Method, Proposal


@dataclass
class Grid(Method):
    """Lazily: a space of any size can be begun."""

    manipulates = ANY_CHOICE
    mechanism = "enumeration"
    needs = ("choices without real ranges",)

    _programs: Iterator[DrawnProgram] | None = field(default=None, init=False, repr=False)

    def ask(self, history: History, random: Random) -> Proposal:
        if self._programs is None:
            self._programs = _programs_after(history)
        program = next(self._programs, None)
        if program is None:
            raise Exhausted
        return Proposal(program)


def _programs_after(history: History) -> Iterator[DrawnProgram]:
    """The programs that come after the one that was proposed last."""
    programs = history.space.enumerate()
    if history.proposed:
        last = history.proposed[-1].trace
        next(program for program in programs if program.trace == last)
    return programs
