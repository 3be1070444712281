"""E444: what a `search` block says, and what cannot be meant by it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class SearchRefused(Diagnostic):
    code = "E444"
    title = "a `search` block that cannot be meant like this"
    explanation = (
        "A `search` block says how the programs of a network are searched: `method`, `maximize`, "
        "`minimize`, `constraints`, `budget`, `early_stop`, `lag`, `asynchronous`. Every one has a "
        "default. The message says what is wrong with one of them, and what is possible."
    )
    span: Span
    reason: str
    advice: str = ""

    def message(self) -> str:
        return self.reason

    def labels(self) -> Iterator[Label]:
        yield Label(self.span)

    def help(self) -> Iterator[str]:
        if self.advice:
            yield self.advice
