"""What ends an expansion that is decided."""

from ...grammar.diagnostic import Diagnostic
from ..expand.retrying import Refused


class DeadEnd(Refused):
    """The decisions so far make a program that the checker refuses."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.code)
