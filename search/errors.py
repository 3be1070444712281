"""What can be wrong with a study through no fault of a program.

Comes in: one line that says what is wrong, and what to do about it. Goes out: an exception that the
command line prints without a traceback.
"""


class SearchError(Exception):
    """`message` is one line, `help` says what to do (may be empty)."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message, help)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}" if self.help else self.message


class Damaged(SearchError):
    """What a store holds is not what was written."""
