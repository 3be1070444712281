"""What stands between a graph and its source: units, each of which gets a class or shares one.

Comes in: nothing. Goes out: the data that `units.py` fills, `classes.py` groups and `emit.py`
prints. Literals are kept apart from the text around them (`Slot`), so that units which differ in
literals alone can share a class that takes these as parameters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...graph import Node
from ...types import TensorType

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A literal, and the words for a parameter that may replace it.

    `tight` says that an operator stands beside it, `given` that it was written, not a default.
    """

    layer: str
    argument: str
    value: Any
    tight: bool = False
    given: bool = True


@dataclass(eq=False, slots=True)
class Construct:
    """`target(args, kwargs)`: a module of PyTorch, a class of our own by its name, or a unit.

    Arguments are slots until the class of the unit is known, then text. `defaults` are the
    target's own.
    """

    target: "str | Unit"
    layer: str
    args: "list[Slot | Construct | str]" = field(default_factory=list)
    kwargs: "dict[str, Slot | Construct | str]" = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    initialised: Node | None = None
    """The node, if it has an initialiser of its own."""


Piece = str | Slot


@dataclass(eq=False, slots=True)
class Unit:
    """One use of a block, a fragment, a turn or a whole graph: what its class must hold and do.

    `entries` are its modules by their paths below it, `statements` what follows their making,
    `lines` its `forward`, `bodies` the graphs among its modules' arguments. `number` is that of
    the scope, -1 for a graph. `of` is the unit whose instance it calls again, where weights are
    shared.
    """

    path: Path
    name: str
    number: int
    hyperparameters: Mapping[str, Any]
    start: int
    end: int
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    types: tuple[tuple[TensorType, ...], tuple[TensorType, ...]] = ((), ())
    parameters: list[str] = field(default_factory=list)
    entries: dict[Path, Construct] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    lines: list[list[Piece]] = field(default_factory=list)
    children: "list[Unit]" = field(default_factory=list)
    bodies: "list[Unit]" = field(default_factory=list)
    of: "Unit | None" = None
    made: "Made | None" = None

    def height(self) -> int:
        """How many classes stand below this unit's, itself included."""
        return 1 + max((unit.height() for unit in (*self.children, *self.bodies)), default=0)


@dataclass(eq=False, slots=True)
class Parameter:
    """A parameter of a class: its name, its value in each of the class's units, and whether
    `forward` reads it."""

    name: str
    values: tuple[Any, ...]
    kept: bool = False


@dataclass(eq=False, slots=True)
class Made:
    """A class: its name, the units that it serves, and its parameters.

    The first unit holds the text: its slots have been filled in.
    """

    name: str
    units: list[Unit]
    parameters: list[Parameter]


def constructs_of(unit: Unit) -> Iterator[Construct]:
    """Every construct of a unit, those in arguments before the one that takes them."""
    for construct in unit.entries.values():
        yield from _inner(construct)


def _inner(construct: Construct) -> Iterator[Construct]:
    for argument in (*construct.args, *construct.kwargs.values()):
        if isinstance(argument, Construct):
            yield from _inner(argument)
    yield construct
