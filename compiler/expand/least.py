"""The fewest layers that a piece of text makes, whatever is chosen in it.

Comes in: a function with open choices, and the names of its file. Goes out: for its text, and that
of all that it uses, a number of layers that every program with it has at least. Nothing is decided
or evaluated; what only an argument or a `let` of a body names counts as nothing. A block that uses
itself is counted by its shortest way out: the numbers begin at infinity and sink until they hold
(Knuth 1977, "A generalization of Dijkstra's algorithm"). They stay there where no way leads out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import inf
from typing import Any

from ...grammar import ast
from .. import cost
from . import loops, meanings, operators, vocabularies
from .alike import options_of
from .environment import Environment
from .holding import Identity
from .values import (
    Combinator,
    FragmentStage,
    FunctionReference,
    FunctionStage,
    LayerReference,
    LayerStage,
    OpenLet,
    VocabularyValue,
)


class Least:
    """What is known of the text that a function leads to."""

    def __init__(self, start: FunctionReference) -> None:
        self._functions: dict[int, tuple[FunctionReference, float]] = {}
        self._known: dict[int, tuple[ast.Node, Sequence[float]]] = {}
        self.of_function(start)
        while self._sink():
            pass

    def _sink(self) -> bool:
        """Works the numbers out from those known so far. Whether any has changed or come up."""
        before = dict(self._functions)
        for reference, _ in before.values():
            self._read(reference)
        return self._functions != before

    def _read(self, reference: FunctionReference) -> None:
        text = _Text(self, reference.home, reference.function)
        layers = text.body(reference.function.body)
        self._functions[id(reference.function)] = reference, layers

    def texts(self) -> list[ast.Function]:
        """The functions that it leads to, itself among them."""
        return [reference.function for reference, _ in self._functions.values()]

    def has(self, reference: FunctionReference) -> bool:
        """Whether a function's text is known."""
        return id(reference.function) in self._functions

    def of_function(self, reference: FunctionReference) -> float:
        """The layers of one use."""
        key = id(reference.function)
        if key not in self._functions:
            self._functions[key] = reference, inf
            self._read(reference)
        return self._functions[key][1]

    def note(self, node: ast.Node, parts: Sequence[float]) -> float:
        """Keeps what the parts of a pipeline or body make, or something else as a whole."""
        rests = [*accumulate(reversed(parts), initial=0)][::-1]
        self._known[id(node)] = node, rests
        return rests[0]

    def after(self, node: ast.Node, place: int = 0) -> float:
        """The layers that a piece of text makes from a part on; 0 where nothing is known."""
        found = self._known.get(id(node))
        return found[1][place] if found is not None and found[0] is node else 0


@lru_cache(maxsize=1_000)
def least(function: Identity, home: Environment) -> Least:
    """What is known of a function's text, worked out once."""
    return Least(FunctionReference(function.node, home))


class _Text:
    """Goes through the text of a function, of a vocabulary or of a `let` of a file.

    `stage` is for what is applied, or read as tensors, where it stands; `value` for what may hold
    stages that are applied later, or never.
    """

    def __init__(self, known: Least, home: Environment, text: ast.Node) -> None:
        self.known = known
        self.home = home
        tensors, others = set(_tensors_of(text)), set(_others_of(text))
        self.local = tensors | others
        self.tensors = tensors - others  # some braces may call a number as others do a tensor
        self.open = set[int]()  # vocabularies and `let`s that are being gone through

    def stage(self, node: Any) -> float:
        return self.known.note(node, self._parts(node))

    def _parts(self, node: ast.Node) -> Sequence[float]:
        way = _WAYS.get(type(node))
        if way is not None:
            return way(self, node)
        self.value(node)
        return (0,)

    def value(self, node: Any) -> None:
        braces = isinstance(node, ast.Call) and node.body is not None
        if braces or isinstance(node, ast.Pipeline | ast.Fragment | ast.For | ast.Labelled):
            self.stage(node)
        elif not isinstance(node, ast.If):
            for child in ast.children(node):
                self.value(child)

    def body(self, body: ast.Body) -> float:
        return self.known.note(body, [self._statement(item) for item in body.statements])

    def _statement(self, statement: ast.Statement) -> float:
        match statement:
            case ast.Result(value=value) | ast.Bind(value=value) | ast.Next(value=value):
                return self.stage(value)
            case ast.Let(value=value) | ast.Instance(stage=value):
                self.value(value)
        return 0

    # --- expressions

    def choice(self, node: ast.Choice | ast.Optional) -> Sequence[float]:
        options = [self.stage(item) for item in options_of(node)]
        return (0 if isinstance(node, ast.Optional) else min(options, default=inf),)

    def pipeline(self, node: ast.Pipeline) -> Sequence[float]:
        return [self.stage(item) for item in node.stages]

    def branches(self, node: ast.If) -> Sequence[float]:
        taken = [self.body(body) for body in meanings.bodies_of(node)]
        return (0 if node.otherwise is None else min(taken),)

    def loop(self, node: ast.For) -> Sequence[float]:
        turn = self.body(node.body)
        items = len(node.iterable.items) if isinstance(node.iterable, ast.List) else 0
        return (items * turn if items else 0,)

    def name(self, node: ast.Expression) -> Sequence[float]:
        return (self._meant(node),)

    def called(self, node: ast.Call) -> Sequence[float]:
        if node.body is not None:
            return (self._with_body(node, self.body(node.body)),)
        for argument in node.arguments:
            self.value(argument.value)
        meant = self._meaning(node.function)
        if isinstance(meant, Combinator) and meant.name == "any":
            return (self._any(node),)
        return (self._meant(node.function),)

    def _with_body(self, node: ast.Call, body: float) -> float:
        meant = self._meaning(node.function)
        if not isinstance(meant, Combinator):
            return 0
        if meant.name in ("fork", "residual"):  # of no tensors, a residual makes no sum
            return body
        count = node.arguments[0].value if node.arguments else None
        turns = count.value if isinstance(count, ast.Number) else 0
        return turns * body if isinstance(turns, int) and turns > 0 else 0

    def sides(self, node: ast.Binary) -> Sequence[float]:
        """An operator between tensors makes a layer."""
        makes = node.operator in operators.LAYERS and self._flows(node)
        return (self.stage(node.left), self.stage(node.right), int(makes))

    def items(self, node: ast.List | ast.Tuple) -> Sequence[float]:
        found = 0.0
        for item in node.items:
            if self._flows(item):
                found += self.stage(item)
            else:
                self.value(item)
        return (found,)

    def part(self, node: ast.Index | ast.Attribute) -> Sequence[float]:
        return (self.stage(node.value) if self._flows(node.value) else self._meant(node),)

    def _flows(self, node: ast.Expression) -> bool:
        """Whether an expression is read as tensors, as far as its text tells."""
        match node:
            case ast.Name(id=name):
                return name in self.tensors
            case ast.Binary(left=left, right=right):
                return self._flows(left) or self._flows(right)
            case ast.Pipeline(stages=stages):
                return self._flows(stages[0])
        return False

    # --- what names stand for

    def _meaning(self, node: ast.Expression) -> Any:
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        hidden = isinstance(first, ast.Name) and first.id in self.local
        return None if hidden else meanings.meaning(node, self.home)

    def _meant(self, node: ast.Expression) -> float:
        """What is made where a name is applied."""
        match self._meaning(node):
            case LayerReference(layer=layer):
                return int(cost.counts(layer))
            case LayerStage(layer=layer):
                return int(cost.counts(layer))
            case FunctionReference() as reference:
                return self.known.of_function(reference)
            case FunctionStage(reference=reference):
                return self.known.of_function(reference)
            case OpenLet(declaration=declaration, home=home):
                return self._elsewhere(declaration.value, home, id(declaration))
            case FragmentStage(expression=expression, environment=home) if home.parent is None:
                return self._elsewhere(expression, home, id(expression))
        return 0

    def _any(self, node: ast.Call) -> float:
        """The entries of a vocabulary, as they stand in this place."""
        return min((self._entries(item.value, node) for item in node.arguments), default=0)

    def _entries(self, vocabulary: ast.Expression, node: ast.Call) -> float:
        if isinstance(vocabulary, ast.Choice):
            return min(self._entries(item, node) for item in vocabulary.options)
        meant = self._meaning(vocabulary)
        if not isinstance(meant, VocabularyValue):
            return 0
        choice = vocabularies.own_choice(Identity(node), Identity(meant.choice))
        return self._elsewhere(choice, meant.home, id(meant.choice))

    def _elsewhere(self, node: ast.Expression, home: Environment, key: int) -> float:
        if key in self.open:
            return 0  # it may stand within itself
        text = _Text(self.known, home, node)
        text.open = {*self.open, key}
        return text.stage(node)


def _tensors_of(text: ast.Node) -> Iterator[str]:
    """The names of tensors in a piece of text."""
    if isinstance(text, ast.Function):
        yield from (port.name for port in text.inputs if port.name is not None)
        yield from (state.name for state in text.states)
    yield from loops.names_bound(text)


def _others_of(node: ast.Node) -> Iterator[str]:
    """The names that stand for something else somewhere in a piece of text: stages, numbers and
    axes.
    """
    match node:
        case ast.Let(name=name) | ast.Instance(name=name) | ast.Hyperparameter(name=name):
            yield name
        case ast.For(targets=targets):
            yield from targets
        case ast.TensorType(axes=axes):
            yield from (axis.id for axis in axes if isinstance(axis, ast.Name))
    for child in ast.children(node):
        yield from _others_of(child)


_WAYS: Mapping[type, Callable[[_Text, Any], Sequence[float]]] = {
    ast.Choice: _Text.choice,
    ast.Optional: _Text.choice,
    ast.Pipeline: _Text.pipeline,
    ast.Fragment: lambda text, node: (text.body(node.body),),
    ast.Labelled: lambda text, node: (text.stage(node.stage),),
    ast.If: _Text.branches,
    ast.For: _Text.loop,
    ast.Call: _Text.called,
    ast.Name: _Text.name,
    ast.Attribute: _Text.part,
    ast.Index: _Text.part,
    ast.Binary: _Text.sides,
    ast.List: _Text.items,
    ast.Tuple: _Text.items,
}
