"""What ends an expansion that is decided."""

from ...grammar.diagnostic import Diagnostic, Step
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
