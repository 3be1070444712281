"""What flows into and out of every program of a space, as far as its declaration alone tells.

Comes in: a network with open choices, and the graph of a program. Goes out: which input or output
of the program no program of the space has, so that no layers need be compared. A size counts where
it is one number in all of them; axes may have any name.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.print import print_expression
from ...grammar.record import record
from ...grammar.span import NOWHERE
from ..expand import signatures
from ..expand.builder import GraphBuilder
from ..expand.context import Context
from ..expand.naming import NO_NAMES
from ..expand.requirements import names_read
from ..expand.session import Poisoned, Session
from ..facts import Facts
from ..graph import Graph, Port
from ..types import TensorType
from .costs import header
from .open_network import OpenNetwork

_WHOLE = ast.Name("int", span=NOWHERE)
"""The type of hyperparameters whose values are sizes as they stand: one of type `float` is none."""


@record
class Declared:
    """The last axes of a type, or all of them if `whole`: numbers, and else a text or an axis.
    `dtype` is empty where it may be any.
    """

    dtype: str
    axes: tuple[Any, ...]
    whole: bool = True

    def __str__(self) -> str:
        axes = [] if self.whole else ["..."]
        return f"{self.dtype}[{', '.join([*axes, *map(str, self.axes)])}]"

    def excludes(self, found: TensorType) -> bool:
        """Whether no value of this type has the other. What requirements tell may make a number of
        an axis, so that a number against an axis tells nothing.
        """
        if self.dtype not in ("", str(found.dtype)):
            return True
        if len(self.axes) > found.rank or (self.whole and len(self.axes) < found.rank):
            return True
        sizes = found.shape[found.rank - len(self.axes) :]
        pairs = zip(self.axes, sizes, strict=True)
        return any(type(one) is type(two) is int and one != two for one, two in pairs)


def difference(network: OpenNetwork, graph: Graph) -> str:
    """What tells a program from all of the space; empty where nothing does for certain."""
    function, known = network.reference.function, _Known(network)
    inputs = [known.input(port) for port in function.inputs]
    outputs = [known.output(port) for port in function.outputs]
    found = list(_differences("input", inputs, graph.inputs, graph))
    if outputs:  # which need not be declared
        found += _differences("output", outputs, graph.outputs, graph)
    return found[0] if found else ""


def _differences(
    kind: str, declared: Sequence[Declared | None], ports: Sequence[Port], graph: Graph
) -> Iterator[str]:
    if len(declared) != len(ports):
        count = f"{len(ports)} {kind}{'s' * (len(ports) > 1)}"
        yield f"it has {count}, where the space has {len(declared)}"
        return
    for wanted, port in zip(declared, ports, strict=True):
        type_ = graph.values[port.value]
        if wanted is not None and wanted.excludes(type_):
            name = "" if port.name == kind else f" `{port.name}`"
            yield f"its {kind}{name} is {type_}, the space's is {wanted}"


class _Known:
    """What the declaration of a network says, with the names that stand for one number in all of
    its programs.
    """

    def __init__(self, network: OpenNetwork) -> None:
        function = network.reference.function
        session = Session(axes=network.axes)
        self.context = Context(session, GraphBuilder(session.limits, Facts()), NO_NAMES)
        self.env = header(function, network.reference.home, network.overrides)
        self.open = {
            item.name
            for item in function.hyperparameters
            if item.type != _WHOLE or self._number(item.name) is None
        }

    def _number(self, name: str) -> int | None:
        bound = self.env.find(name)
        value = None if bound is None else bound.value
        return value if type(value) is int else None

    def input(self, port: ast.Port) -> Declared | None:
        """The type of an input; None where it is not the same in all programs."""
        if port.type is None or not self.open.isdisjoint(names_read(port.type)):
            return None
        try:
            type_ = signatures.network_input(port, self.env, self.context)
        except (Fault, Poisoned):
            return None
        return Declared(str(type_.dtype), type_.shape)

    def output(self, port: ast.Port) -> Declared | None:
        """What is declared of an output, if anything is."""
        if port.type is None:
            return None
        axes = port.type.axes
        whole = not axes or not isinstance(axes[0], ast.Ellipsis)
        sizes = [self._size(node) for node in (axes if whole else axes[1:])]
        return Declared(port.type.dtype or "", tuple(sizes), whole)

    def _size(self, node: ast.Expression) -> int | str:
        """A number, or the text of what may be any. No `let` of the body hides a name."""
        number = ast.number_of(node)
        if isinstance(node, ast.Name) and node.id not in self.open:
            number = self._number(node.id)
        return number if type(number) is int else print_expression(node)
