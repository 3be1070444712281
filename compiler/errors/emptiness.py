"""E459, E462, W451 to W453: spaces without a valid program, and options that are none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span

MOST_SHOWN = 4
"""So many options of a choice are named in a message."""
MOST_REASONS = 5


def named(options: Sequence[str]) -> str:
    """`a`, `b` and 7 more."""
    shown = [f"`{option}`" for option in options[:MOST_SHOWN]]
    left = len(options) - len(shown)
    if left:
        return f"{', '.join(shown)} and {left:,} more"
    return " and ".join([part for part in (", ".join(shown[:-1]), shown[-1]) if part])


@dataclass(frozen=True, slots=True)
class EmptySpace(Diagnostic):
    code = "E459"
    title = "a space without a valid program"
    explanation = (
        "However its choices are decided, every program of the space breaks a rule. The message "
        "names "
        "the choice at which nothing is left, and what the options ran into."
    )
    span: Span
    site: str
    reasons: tuple[tuple[tuple[str, ...], str], ...]  # options, and what each runs into

    def message(self) -> str:
        return f"no option of `{self.site}` leads to a valid program"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "nothing is left to choose here")

    def notes(self) -> Iterator[str]:
        for options, reason in self.reasons[:MOST_REASONS]:
            yield f"{named(options)}: {reason}" if options[0] else reason
        left = sum(len(options) for options, _ in self.reasons[MOST_REASONS:])
        if left:
            yield f"and {left:,} options more, refused in similar ways"


@dataclass(frozen=True, slots=True)
class NoneFulfils(Diagnostic):
    code = "E462"
    title = "a requirement that no program of a space fulfils"
    explanation = (
        "Shapes leave programs to choose from, but what is required of costs leaves none: each "
        "requirement named is fulfilled by no program, or no program fulfils all of them at once. "
        "`params` and `layers` are counted, `flops` are operations and `activations` bytes of "
        "one example."
    )
    spans: tuple[Span, ...]
    costs: tuple[tuple[str, int, int], ...]
    together: bool

    def message(self) -> str:
        if self.together:
            return "no program of the space fulfils all that it requires"
        return "no program of the space fulfils what it requires"

    def labels(self) -> Iterator[Label]:
        first, *others = self.spans
        never = "never fulfilled"
        yield Label(first, "not with what else is required" if self.together else never)
        for span in others:
            yield Label(span, "not with this" if self.together else never, secondary=True)

    def notes(self) -> Iterator[str]:
        yield from self.told("over all programs")

    def told(self, where: str) -> Iterator[str]:
        """Between which numbers the costs lie that are read."""
        for name, low, high in self.costs:
            unit = " bytes" if name == "activations" else ""
            size = f"{low:,}" if low == high else f"{low:,} to {high:,}"
            yield f"{where}, {name} are {size}{unit}"


@dataclass(frozen=True, slots=True)
class DeadOption(Diagnostic):
    code = "W451"
    title = "an option that can never be taken"
    severity = "warning"
    explanation = (
        "No valid program of the space takes this option, so it is never offered. Often it is a "
        "slip: a kernel larger than what is left of the image, a width that breaks a requirement."
    )
    span: Span
    site: str
    options: tuple[str, ...]
    reason: str  # of the first
    costs: NoneFulfils | None = None  # what is required that no program with it fulfils
    refused: Span | None = None  # where the first is, if not where it stands

    def message(self) -> str:
        lead = "leads" if len(self.options) == 1 else "lead"
        return f"{named(self.options)} of `{self.site}` {lead} to no valid program"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, self.reason)
        if self.refused is not None:
            yield Label(self.refused, "it is refused here", secondary=True)
        if self.costs is not None:
            together = ", not all at once" if self.costs.together else ""
            it = "it" if len(self.options) == 1 else "them"
            for label in self.costs.labels():
                yield Label(label.span, f"never fulfilled with {it}{together}", secondary=True)

    def notes(self) -> Iterator[str]:
        if self.costs is not None:
            yield from self.costs.told("with it" if len(self.options) == 1 else "with them")


@dataclass(frozen=True, slots=True)
class NothingFound(Diagnostic):
    code = "W452"
    title = "a space in which no valid program was found"
    severity = "warning"
    explanation = (
        "So many ways to decide the choices were tried, and each broke a rule; but they were not "
        "all. Either there is no valid program, or there are few: drawing one may take long."
    )
    span: Span
    name: str
    tried: int

    def message(self) -> str:
        return f"{self.tried:,} tries found no valid program of `{self.name}`"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "its requirements may be too narrow")


@dataclass(frozen=True, slots=True)
class EqualOptions(Diagnostic):
    code = "W453"
    title = "an option that is offered twice"
    severity = "warning"
    explanation = (
        "Two options of a choice, or two entries of a vocabulary, are the same text. Both are "
        "counted and drawn, though they make the same programs. If one is to be drawn more often, "
        "weights say so: `(relu | tanh) @ [2, 1]`."
    )
    span: Span
    first: Span

    def message(self) -> str:
        return f"`{self.span.text}` is offered twice, and both are counted"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, "the same again")
        yield Label(self.first, "offered here already")

    def help(self) -> Iterator[str]:
        yield "leave it out; to draw it more often, weigh the options: `(a | b) @ [2, 1]`"
