"""E601 to E609: what a back end refuses of a program that is right in itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...grammar.diagnostic import Diagnostic, Label
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class CannotLower(Diagnostic):
    code = "E601"
    title = "a layer has no form in this back end"
    explanation = (
        "The program is right, but the format asked for cannot express one of its layers: an older "
        "opset may lack an operator, and a layer from outside may know PyTorch alone. Nothing is "
        "left out silently, so no file is written. Take a higher `--opset`, another format, or "
        "another layer."
    )
    span: Span
    layer: str
    node: str
    backend: str
    reason: str

    def message(self) -> str:
        return f"{self.layer} cannot be written as {self.backend}: {self.reason}"

    def labels(self) -> Iterator[Label]:
        yield Label(self.span, f"this is {self.node}")

    def help(self) -> Iterator[str]:
        yield "take another `--opset`, compile to .py or .pt2 instead, or replace the layer"
