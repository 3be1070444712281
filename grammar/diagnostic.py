"""What is wrong with a program, as data.

Comes in: facts and spans. Goes out: `Report`s, which one renderer (`render.py`) draws in every
format. A kind of error is a frozen dataclass under an `errors` package; it holds facts and
templates, no formatting code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .record import record
from .span import Span


@record
class Label:
    """A stretch of source with a short text; the first primary label is where the error stands."""

    span: Span
    text: str = ""
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Base of every kind of error and warning.

    `code` is stable for ever (`E201`, `W…`), `title` names the kind in a few words, `explanation`
    is what `archc explain` prints (cause, a bad and a good example). `message` is the one line
    about this case.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    explanation: ClassVar[str]
    severity: ClassVar[str] = "error"

    def message(self) -> str:
        return self.title

    def labels(self) -> Iterator[Label]:
        raise NotImplementedError

    def notes(self) -> Iterator[str]:
        """Reasons: the arithmetic that failed, what was found instead."""
        return iter(())

    def help(self) -> Iterator[str]:
        """What to do about it."""
        return iter(())


@record
class Step:
    """One level of the trail that led to an error: `in block Residual, used here`."""

    span: Span
    text: str


@record
class Report:
    """A diagnostic with the trail of blocks that led to it, outermost first."""

    diagnostic: Diagnostic
    trail: tuple[Step, ...] = ()

    @property
    def code(self) -> str:
        return self.diagnostic.code

    @property
    def is_error(self) -> bool:
        return self.diagnostic.severity == "error"

    def place(self) -> Span:
        """Where the report is shown: the first primary label."""
        labels = list(self.diagnostic.labels())
        return next((label.span for label in labels if not label.secondary), labels[0].span)


class ProgramError(Exception):
    """The program is at fault. `diagnostics` holds the reports, errors and warnings, in source
    order.
    """

    def __init__(self, diagnostics: Sequence[Report]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self._summary())

    def _summary(self) -> str:
        lines = []
        for report in self.diagnostics:
            span = report.place()
            line, column = span.source.position(span.start)
            lines.append(
                f"{span.source.name}:{line}:{column}: {report.code}: {report.diagnostic.message()}"
            )
        return "\n".join(lines)


class Fault(Exception):
    """Carries one diagnostic from where it is noticed to the statement that is set aside.
    Internal.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.code)


class InternalError(Exception):
    """Our bug, never the user's: exit code 101 on the command line."""
