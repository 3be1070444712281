"""What ends an expansion that is decided, and what is said of it."""

from ...grammar.diagnostic import Diagnostic, Step
from ...grammar.span import Span
from .. import errors
from ..errors.facts import RequirementFails
from ..expand.retrying import Refused
from ..expand.session import Session


class DeadEnd(Refused):
    """The decisions so far make a program that the checker refuses."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.code)


class Deciding(Session):
    """A session in which the first error ends the expansion."""

    __slots__ = ()

    def report(self, diagnostic: Diagnostic, trail: tuple[Step, ...] = ()) -> None:
        if diagnostic.severity == "error":
            raise DeadEnd(diagnostic)


class Lenient(Deciding):
    """One in which requirements that fail are noted in `broken`, and end nothing."""

    __slots__ = ("broken",)
    broken: list[RequirementFails]

    def report(self, diagnostic: Diagnostic, trail: tuple[Step, ...] = ()) -> None:
        if isinstance(diagnostic, RequirementFails):
            self.broken.append(diagnostic)
        else:
            super().report(diagnostic, trail)


def refused_number(place: Span, number: float, reason: Diagnostic | None) -> Diagnostic:
    """Why a number of a real range at a place is refused where others of it are not."""
    told: Diagnostic = errors.spaces.RealDecides(place) if reason is None else reason
    if not isinstance(told, errors.spaces.RealDecides | errors.spaces.RealRefused):
        told = errors.spaces.RealRefused(place, number, told.message())
    return told
