"""The contract of a pass: a graph and its weights come in, an equal and better graph goes out.

All passes are for inference: what comes out computes in evaluation mode what went in, up to
rounding, and is of no use for training. To add one, write a file with a subclass of `Pass` and put
it into the order in `passes/__init__.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, NamedTuple

from ...grammar.diagnostic import InternalError
from ...grammar.record import record
from ..graph import Graph
from ._edit import Edit, Weights
from ._sound import changed_ports, problems


@record
class Property:
    """Something that holds of a whole graph. `breach` names a node that breaks it, or is empty."""

    name: str
    breach: Callable[[Graph], str]


class Rewritten(NamedTuple):
    """What a pass made. Where nothing changed, graph and weights are those that came in."""

    graph: Graph
    weights: Weights
    changed: bool


@dataclass(frozen=True, slots=True)
class Pass(ABC):
    """A change of a graph that does not change what it computes in evaluation mode.

    Fields are the pass's options. `requires` must hold before it runs, `ensures` holds after. One
    run does all that the pass can do: a second one changes nothing.
    """

    requires: ClassVar[tuple[Property, ...]] = ()
    ensures: ClassVar[tuple[Property, ...]] = ()

    @abstractmethod
    def rewrite(self, edit: Edit) -> None:
        """Makes the changes. Called once for each run, when `requires` holds."""

    def run(self, graph: Graph, weights: Weights) -> Rewritten:
        """Rewrites, and holds the result to what was promised. Raises InternalError where it
        broke: a required or ensured property, a value, a type, a weight, an input or output.
        """
        name = type(self).__name__
        _raise(f"{name} needs other graphs", _breaches(self.requires, graph))
        edit = Edit(graph, weights)
        self.rewrite(edit)
        if not edit.changed:
            _raise(f"{name} left something undone", _breaches(self.ensures, graph))
            return Rewritten(graph, weights, False)
        after, left = edit.finish()
        broken = chain(problems(after, left), changed_ports(graph, after))
        _raise(f"{name} broke the graph {graph.name}", broken)
        _raise(f"{name} left something undone", _breaches(self.ensures, after))
        return Rewritten(after, left, True)


def _breaches(properties: Iterable[Property], graph: Graph) -> Iterable[str]:
    for item in properties:
        node = item.breach(graph)
        if node:
            yield f"{node} breaks: {item.name}"


def _raise(what: str, found: Iterable[str]) -> None:
    first = next(iter(found), None)
    if first is not None:
        raise InternalError(f"{what}: {first}")
