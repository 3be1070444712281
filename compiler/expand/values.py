"""What a name or an expression can stand for while a program is expanded.

Plain Python values (int, float, bool, str, tuple), `Axis`, `DType` and `Symbol` stand for
themselves; the classes here are the rest.
"""

from collections.abc import Mapping
from dataclasses import field
from operator import itemgetter
from typing import Any

from ...grammar import ast
from ...grammar.record import record
from ...grammar.span import Span
from ..dims import Axis
from ..hyperparameter import Initialiser, spell
from ..layer import Layer
from ..types import TensorType


@record
class Tensor:
    """A value of the graph, by its number."""

    id: int
    type: TensorType
    span: Span


@record
class Results:
    """Several tensors at once, with the names that their block declared (None where it named
    none).
    """

    items: tuple[Tensor, ...]
    names: tuple[str | None, ...]


@record
class Poison:
    """What a broken statement would have bound: using it raises no further error."""


@record
class WeightReference:
    """`emb.weight`: a weight of an instance, by the path of its owner."""

    owner: str
    name: str
    span: Span


@record
class LayerReference:
    """A layer that is named but not called: `relu`."""

    layer: type[Layer]


@record
class LayerStage:
    """A layer with its hyperparameters."""

    layer: Layer
    tied: Mapping[str, WeightReference] = field(default_factory=dict)
    initialiser: Initialiser | None = None


@record
class FunctionReference:
    """A block, network or cell, and the file whose names its body reads."""

    function: ast.Function
    home: "Any"  # environment.Environment of the file


@record
class FunctionStage:
    """A block, network or cell with the hyperparameters of one use."""

    reference: FunctionReference
    values: Mapping[str, Any]
    given: frozenset[str] = field(default=frozenset(), compare=False)  # what is no default
    decided_at: str = field(default="", compare=False)  # where choices in its defaults were made
    asks: bool = field(default=False, compare=False)  # whether there are such


@record
class FragmentStage:
    """A pipeline without its input, or a stage expression, with the names it reads."""

    expression: ast.Expression
    environment: "Any"
    frozen: Mapping[int, Any] = field(default_factory=dict)  # its choices, made with its name

    @property
    def frozen_key(self) -> tuple[tuple[int, Any], ...]:
        return decisions_key(self.frozen)


def decisions_key(decisions: Mapping[Any, Any]) -> tuple[tuple[Any, Any], ...]:
    """Decisions as a key; numbers from real ranges decide nothing, so all of them are one."""
    plain = ((key, "real" if isinstance(item, float) else item) for key, item in decisions.items())
    return tuple(sorted(plain, key=itemgetter(0)))


@record
class Instance:
    """`layer f = …`: a stage whose weights belong to one path, wherever it is used."""

    stage: "Stage"
    owner: str
    span: Span
    home: Any  # the builder whose graph holds the weights
    written: tuple[str, int] = ("", 0)  # where its stage stands: the path, and the node by id
    memory: dict[Any, Any] = field(default_factory=dict)  # decisions within, made at the first use
    memory_path: str = ""  # where in it, if it is that of an instance or `share` around it

    @property
    def memory_key(self) -> tuple[tuple[Any, Any], ...]:
        if not self.memory_path:
            return decisions_key(self.memory)
        own = {k: v for k, v in self.memory.items() if k[0].startswith(self.memory_path)}
        return decisions_key(own)


@record
class Combinator:
    """`repeat`, `fork`, …: known by name, applied by `combinators.py`."""

    name: str


@record
class Namespace:
    """A module that was read by `use`; `exports` is the environment of its file."""

    name: str
    exports: "Any"


@record
class VocabularyValue:
    """A vocabulary as one choice among its entries, and the file whose names they read."""

    name: str
    choice: ast.Choice
    home: Any


@record
class OpenLet:
    """A file's own `let` with a choice in it, which is made when a network first reads the name."""

    declaration: ast.Let
    home: Any


@record
class CompileTimeFunction:
    """`range`, `len`, …: see `compile_time.py`."""

    name: str


Stage = (
    LayerReference
    | LayerStage
    | FunctionReference
    | FunctionStage
    | FragmentStage
    | Instance
    | Combinator
)
STAGES = (
    LayerReference,
    LayerStage,
    FunctionReference,
    FunctionStage,
    FragmentStage,
    Instance,
    Combinator,
)


class OpenReal(float):
    """A number drawn from a real range: arithmetic keeps the mark, and no question may be asked of
    it.
    """

    __slots__ = ()


@record
class Condition:
    """A question about axes that is neither proved nor refuted: the comparisons that must all hold.

    `comparisons` is None where the question is no plain conjunction, so that it cannot become a
    fact.
    """

    comparisons: tuple[tuple[str, Any, Any], ...] | None
    text: str


def describe(value: object) -> str:
    """A value in a few words, for messages."""
    match value:
        case Tensor():
            return f"a tensor {value.type}"
        case Results():
            return f"{len(value.items)} tensors"
        case bool() | int() | float():
            return str(value).lower() if isinstance(value, bool) else f"the number {value}"
        case str() | tuple():
            return _quoted(value)
        case Namespace():
            return f"the module {value.name}"
        case FunctionReference() | FunctionStage():
            function = (
                value.function if isinstance(value, FunctionReference) else value.reference.function
            )
            return f"the {function.kind} {function.name}"
        case LayerReference() | LayerStage():
            return f"the layer {value.layer.name}"
        case Initialiser(name=name):
            return f"the initialiser {name}"
        case _:
            return next((words for kind, words in _WORDS if isinstance(value, kind)), str(value))


_LONGEST = 40


def _quoted(value: "str | tuple[Any, ...]") -> str:
    """A text or list with what is in it, if that is short and has no parts that wait."""
    if any(isinstance(item, Tensor | Results) for item in value):
        return "a list of tensors"
    word = "text" if isinstance(value, str) else "list"
    if isinstance(value, str) or (len(value) <= _LONGEST and all(map(_plain, value))):
        text = spell(value) if len(value) <= _LONGEST else ""
        if 0 < len(text) <= _LONGEST:
            return f"the {word} {text}"
    return f"a {word}"


def _plain(item: object) -> bool:
    if isinstance(item, tuple):
        return len(item) <= _LONGEST and all(isinstance(part, int | float | str) for part in item)
    return isinstance(item, int | float | str | Axis)


_WORDS: tuple[tuple[Any, str], ...] = (
    ((Instance, FragmentStage, Combinator), "a stage"),
    (Condition, "a question about axes"),
    (WeightReference, "a weight"),
    (CompileTimeFunction, "a compile-time function"),
)
