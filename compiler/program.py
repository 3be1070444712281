"""A program as people hold it: parsed, printable, comparable, and checked when it is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..grammar import ast
from ..grammar.diagnostic import Report
from ..grammar.parse import Parsed
from ..grammar.print import print_program
from .check import Checked, check


@dataclass(frozen=True, slots=True)
class Program:
    """A parsed program. `str()` gives its canonical text; equal programs say the same, wherever
    they stand.

    `filename` is what errors call it. `folder` is where its `use` reads, None for a text.
    """

    tree: ast.Program
    filename: str = field(default="<memory>", compare=False)
    folder: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return print_program(self.tree)

    def __repr__(self) -> str:
        names = ", ".join(self.networks) or "no network"
        return f"<{type(self).__name__} {self.filename}: {names}>"

    def __eq__(self, other: object) -> bool:
        return self.tree == other.tree if isinstance(other, Program) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.tree)

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of its networks, in order."""
        return tuple(_networks(self.tree.declarations))

    @property
    def diagnostics(self) -> tuple[Report, ...]:
        """What the checker has to say about it, errors and warnings; empty where all is well."""
        return self.check().reports

    def check(self) -> Checked:
        """The program with its names resolved and its networks expanded."""
        return check(Parsed(self.tree, ()), self.folder)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)}


def _networks(declarations: Iterable[ast.Declaration]) -> Iterable[str]:
    for item in declarations:
        if isinstance(item, ast.Function) and item.kind == "network":
            yield item.name
