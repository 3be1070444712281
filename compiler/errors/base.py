"""What errors about an applied layer have in common: where it stands and what flows into it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.record import record
from ...grammar.span import Span


@record
class Site:
    """One application of a layer: its name, where it is called, and its inputs with the place each
    came from.
    """

    layer: str
    call: Span
    inputs: tuple[tuple[Span, object], ...] = ()


@dataclass(frozen=True, slots=True)
class LayerDiagnostic(Diagnostic):
    """An error at a layer: the call under carets, its inputs as second labels."""

    site: Site

    def asks(self) -> str:
        """The text under the call."""
        return ""

    def labels(self) -> Iterator[Label]:
        yield Label(self.site.call, self.asks())
        for span, type_text in self.site.inputs:
            if span != self.site.call:
                yield Label(span, f"this is {type_text}", secondary=True)


def join(names: tuple[str, ...], most: int = 20) -> str:
    """Names with commas, cut where the list gets long."""
    shown = ", ".join(names[:most])
    return f"{shown}, …" if len(names) > most else shown
