"""A program drawn from a space: its decisions at once, its text, graph and costs when asked for."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...grammar import ast
from ...grammar.diagnostic import ProgramError
from ...grammar.parse import parse
from ...grammar.print import print_program
from .. import cost
from ..check import Checked, check
from ..deep import deep_recursion
from ..dims import Dim
from ..graph import Graph
from ..hash import graph_hash
from ..program import Program
from .concrete import concretise, settings_of
from .open_network import Expansion
from .trace import Trace
from .walk import Step, trace_of

if TYPE_CHECKING:
    from .space import Space


_keep = object.__setattr__


class PrintedProgram(Program):
    """A program that was made rather than read: it is checked as its text says, so that errors and
    graphs quote that text.
    """

    __slots__ = ()

    def check(self) -> Checked:
        return check(parse(str(self), self.filename), self.folder)

    @property
    def training(self) -> str:
        """The text of its `train` blocks and of the values that they name: what the graph does not
        tell. It is the same whatever the network is called.
        """
        return _printed(settings_of(self.tree))


class CountedProgram(PrintedProgram):
    """A program in which nothing is open, with what `require` knows of its costs."""

    __slots__ = ()

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The typed graph."""

    @property
    @abstractmethod
    def axes(self) -> Mapping[str, int]:
        """The sizes of axes that were given with it."""

    @property
    def params(self) -> int:
        """The trained numbers; shared weights count once."""
        return cost.params(self.graph)

    @property
    def flops(self) -> int | str:
        """Operations for one example; a text over the axes that are symbolic."""
        return _number_or_text(cost.flops_dim(self.graph, self._sizes()))

    @property
    def activations(self) -> int | str:
        """Bytes of what all layers hand on for one example; a text over the axes that are
        symbolic.
        """
        return _number_or_text(cost.activations_dim(self.graph, self._sizes()))

    @property
    def layers(self) -> int:
        """The number of layers, identities aside."""
        return cost.layers(self.graph)

    @property
    def longest_path(self) -> int:
        """The number of layers on the longest way through, identities aside."""
        return cost.longest_path(self.graph)

    def _sizes(self) -> cost.Sizes:
        return {**cost.sizes_of(self.graph), **self.axes}


def _number_or_text(total: Dim) -> int | str:
    return total if isinstance(total, int) else str(total)


class DrawnProgram(CountedProgram):
    """A program in which nothing is open, and the trace of decisions that made it.

    Nothing is expanded before `graph` or something that reads it is wanted.
    """

    __slots__ = ("_expansion", "_trace", "_tree", "space", "steps")

    space: "Space"
    steps: tuple[Step, ...]
    _trace: Trace | None
    _tree: ast.Program | None
    _expansion: Expansion | None

    def __init__(self, space: "Space", steps: Sequence[Step]) -> None:
        _keep(self, "space", space)
        _keep(self, "steps", tuple(steps))
        _keep(self, "_trace", None)
        _keep(self, "_tree", None)
        _keep(self, "_expansion", None)
        _keep(self, "filename", space.label)
        _keep(self, "folder", space.source.folder)

    @property
    def trace(self) -> Trace:
        """The decisions in order, with the names of the choices they settle."""
        if self._trace is None:
            _keep(self, "_trace", trace_of(self.steps))
        assert self._trace is not None
        return self._trace

    @property
    def decisions(self) -> tuple[Any, ...]:
        """The decisions as the process takes them."""
        return tuple(decision for _, decision in self.steps)

    @property
    def expansion(self) -> Expansion:
        """The program as the checker expanded it."""
        if self._expansion is None:
            _keep(self, "_expansion", self.space.process.network.replay(self.decisions))
        assert self._expansion is not None
        return self._expansion

    @property
    def tree(self) -> ast.Program:
        """The program written out: every choice replaced by what was taken."""
        if self._tree is None:
            source = self.space.source.tree
            with deep_recursion():
                _keep(self, "_tree", concretise(self.space.process, self.expansion, source))
        assert self._tree is not None
        return self._tree

    @property
    def text(self) -> str:
        """The canonical text."""
        return self._remembered("text", lambda: print_program(self.tree))

    def __str__(self) -> str:
        return self.text

    @property
    def training(self) -> str:
        return self._remembered("training", lambda: _printed(settings_of(self.tree)))

    @property
    def axes(self) -> Mapping[str, int]:
        """The sizes of axes that were given with the space."""
        return self.space.process.network.axes

    def _remembered(self, name: str, make: Callable[[], str]) -> str:
        """A text that the space made before for the same decisions, or makes now."""
        known = self.space.remembered(self.decisions)
        if name not in known:
            known[name] = make()
        return known[name]

    @property
    def graph(self) -> Graph:
        """The typed graph."""
        return self.expansion.graph

    @property
    def hash(self) -> str:
        """The canonical hash of the graph."""
        return self._remembered("hash", lambda: graph_hash(self.graph))

    def as_json(self) -> dict[str, Any]:
        """What `archc sample --json` says of it."""
        return {
            "text": self.text,
            "hash": self.hash,
            "params": self.params,
            "flops": self.flops,
            "trace": [[item.name, item.value] for item in self.trace],
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedProgram, (self.text, self.filename, self.folder, self.trace)


@lru_cache(maxsize=256)
def _printed(settings: ast.Program) -> str:
    """Most programs of a space have the same settings."""
    return print_program(settings)


class TracedProgram(PrintedProgram):
    """A drawn program that has left its space, as in another process: its text travels, which is
    small, and is all that checking it needs.
    """

    __slots__ = ("_tree", "text", "trace")

    text: str
    trace: Trace
    _tree: ast.Program | None

    def __init__(self, text: str, filename: str, folder: Path | None, trace: Trace) -> None:
        values = {"text": text, "filename": filename, "folder": folder, "trace": trace}
        for name, value in {**values, "_tree": None}.items():
            object.__setattr__(self, name, value)

    @property
    def tree(self) -> ast.Program:
        """The text, parsed."""
        if self._tree is None:
            object.__setattr__(self, "_tree", parse(self.text, self.filename).program)
        assert self._tree is not None
        return self._tree

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedProgram, (self.text, self.filename, self.folder, self.trace)


def graph_of(program: Program, network: str) -> Graph:
    """The graph of a network of a program. Raises ProgramError, for one that is open too."""
    if isinstance(program, DrawnProgram) and program.space.name == network:
        return program.graph
    checked = program.check()
    if network not in checked.networks and len(checked.main) == 1:
        network = checked.main[0]
    graph = checked.graph(network)
    if graph is None:
        raise ProgramError(checked.reports)
    return graph
