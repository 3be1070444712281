"""A program that an edit made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....grammar import ast
from ....grammar.print import print_program
from ...check import Checked
from ...graph import Graph
from ...hash import graph_hash
from ..drawn import CountedProgram
from ..trace import Trace


@dataclass(frozen=True, slots=True)
class Made:
    """The edit that made a program: its name, where, and what it did."""

    edit: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.edit}: {self.what}"

    def as_json(self) -> dict[str, str]:
        """What `archc grow --json` says of it."""
        return {"name": self.edit, "where": self.where, "what": self.what}


class GrownProgram(CountedProgram):
    """A complete program, and the edit that made it of another, None where that is not known.
    `network` is the one that grows, `axes` are sizes that were given with the first program. No
    decisions of a space made it, so its `trace` is empty.
    """

    __slots__ = ("_checked", "_hash", "axes", "made", "network")

    made: Made | None
    axes: Mapping[str, int]
    network: str
    _checked: Checked | None
    _hash: str | None

    def __init__(
        self,
        tree: ast.Program,
        filename: str,
        folder: Path | None,
        network: str,
        made: Made | None = None,
        checked: Checked | None = None,
        axes: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(tree, filename, folder)
        self._keep(network=network, made=made, axes=dict(axes or {}), _checked=checked, _hash=None)

    def _keep(self, **values: Any) -> None:
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def check(self) -> Checked:
        """The program as its own text was checked."""
        if self._checked is None:
            self._keep(_checked=super().check())
        assert self._checked is not None
        return self._checked

    @property
    def text(self) -> str:
        """The canonical text."""
        return print_program(self.tree)

    @property
    def trace(self) -> Trace:
        return ()

    @property
    def graph(self) -> Graph:
        """The typed graph of the network."""
        return self.check().graph(self.network)

    @property
    def hash(self) -> str:
        """The canonical hash of the graph."""
        if self._hash is None:
            self._keep(_hash=graph_hash(self.graph))
        assert self._hash is not None
        return self._hash

    def as_json(self) -> dict[str, Any]:
        """What `archc grow --json` says of it."""
        return {
            "text": self.text,
            "hash": self.hash,
            "params": self.params,
            "flops": self.flops,
            "edit": None if self.made is None else self.made.as_json(),
        }

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        given = self.tree, self.filename, self.folder, self.network, self.made, None, self.axes
        return GrownProgram, given
