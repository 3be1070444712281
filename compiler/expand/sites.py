"""The choices of a text, in the order in which they are met where all are, and what each is called
before it is numbered.

Comes in: a body, a recipe, a file's own `let`. Goes out: its choices,
those of all options and branches. Nothing is decided or evaluated: each form is gone through as the
module of this folder that expands it would do, which is what the names of choices follow.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from ...grammar import ast
from ...grammar.diagnostic import Fault
from ...grammar.span import Span
from .. import initialisers
from ..hyperparameter import Hyperparameter, Initialiser
from ..layer import Layer
from . import decisions, freezing, matching, meanings, scanning, vocabularies
from .alike import options_of
from .context import join
from .counting import Counting
from .environment import Environment
from .holding import Identity
from .naming import OPENS_PATH, Names, last_part
from .values import (
    Combinator,
    CompileTimeFunction,
    FunctionReference,
    LayerReference,
    VocabularyValue,
)

MOST_DEFAULTS = 10_000
"""Defaults of blocks within defaults, of which a short file can have very many."""


class Sites:
    """Goes through a text as the expansion does, through all options and branches.

    `stage` is what `stages.apply` is, `value` is `evaluate.evaluate` and `recipe` is
    `freezing.freeze`. `hint` is what the choices of a value are named after.
    """

    def __init__(self, names: Names, home: Environment | None, found: Counting) -> None:
        self.names = names
        self.home = home
        self.found = found
        self.uses: tuple[int, ...] = ()
        self.open: tuple[int, ...] = ()  # blocks whose defaults are being gone through
        self.defaults = MOST_DEFAULTS
        self.recipes: list[ast.Expression] | None = None  # what a name makes the choices of

    def add(self, node: ast.Expression, base: str) -> None:
        self.found.add((*self.uses, id(node)) if self.uses else id(node), base)

    # --- stages

    def stage(self, node: Any) -> None:
        way = _STAGES.get(type(node))
        if way is None:
            self.value(node, "")
        else:
            way(self, node)

    def chosen_stage(self, node: ast.Choice | ast.Optional) -> None:
        self.add(node, self.names.get(id(node)) or decisions.called(node))
        for item in options_of(node):
            self.stage(item)

    def any_layer(self, node: ast.Open, read: Callable[[Any], None] | None = None) -> None:
        with suppress(Fault):  # it is told where the layer is wanted
            (read or self.stage)(vocabularies.built_in(Identity(node)))

    def labelled(self, node: ast.Labelled) -> None:
        stage = node.stage
        braces = isinstance(stage, ast.Call) and stage.body is not None
        if braces and last_part(stage.function) not in OPENS_PATH:  # type: ignore[union-attr]
            return  # a path of its own
        if not isinstance(stage, ast.Fragment | ast.If):
            self.stage(stage)

    def chain(self, node: ast.Pipeline) -> None:
        for item in node.stages:
            self.stage(item)

    def branches(self, node: ast.If) -> None:
        self.value(node.condition, "")
        for body in meanings.bodies_of(node):
            self.body(body)

    def name(self, node: ast.Expression) -> None:
        """A block that is named but not called decides its defaults where it is used."""
        meant = meanings.meaning(node, self.home)
        if isinstance(meant, FunctionReference):
            self.function(meant, None, node.span, meant.function.name)

    def called_stage(self, node: ast.Call) -> None:
        if node.body is not None:
            self.with_body(node)
            return
        meant = meanings.meaning(node.function, self.home)
        if isinstance(meant, Combinator) and meant.name == "scan":
            self.scan(node)
        else:
            self.call(node, "")

    def with_body(self, node: ast.Call) -> None:
        assert node.body is not None
        name = last_part(node.function)
        if name not in OPENS_PATH:
            self.body(node.body)
            return
        for argument in node.arguments:
            self.value(argument.value, f"{self.names.get(id(node)) or name}.n")

    def scan(self, node: ast.Call) -> None:
        try:
            given = matching.match(node, "scan", scanning.OPTIONS, node.span).by_name
        except Fault:
            return
        cell = given.get("cell")
        if isinstance(cell, ast.Call):
            self.call(cell, "")
        elif cell is not None:
            self.name(cell)
        under = self.names.get(id(node)) or "scan"
        for key in scanning.OPTIONS[1:]:
            if key in given:
                self.value(given[key], f"{under}.{key}")

    def body(self, body: ast.Body, read: Callable[[Any], None] | None = None) -> None:
        """A body's statements; what is no `let` is a stage, or is gone through with `read`."""
        read = read or self.stage
        for statement in body.statements:
            match statement:
                case ast.Let():
                    self.named(statement.name, statement.value)
                case ast.Instance():
                    self.named(statement.name, statement.stage)
                case ast.Result(value=value) | ast.Bind(value=value) | ast.Next(value=value):
                    read(value)
                case ast.Require(condition=condition):
                    self.value(condition, "")

    # --- values

    def value(self, node: Any, hint: str) -> None:
        way = _VALUES.get(type(node))
        if way is not None:
            way(self, node, hint)
        elif isinstance(node, ast.Node):
            for child in ast.children(node):
                self.value(child, hint)

    def chosen(self, node: ast.Choice | ast.Optional, hint: str) -> None:
        self.add(node, hint or decisions.called(node))
        self.found.either(options_of(node), lambda item: self.value(item, hint))

    def condition(self, node: ast.If, hint: str) -> None:
        self.value(node.condition, hint)
        read = partial(self.body, read=lambda item: self.value(item, hint))
        self.found.either(meanings.bodies_of(node), read)

    def range(self, node: ast.Range, hint: str) -> None:
        for end in (node.low, node.high, node.step):
            self.value(end, hint)
        self.add(node, hint or decisions.NUMBER)

    def pipeline(self, node: ast.Pipeline, hint: str) -> None:
        if self.recipes is not None or meanings.is_stage(node, self.home):
            self.wait(node, hint)
            return
        self.value(node.stages[0], hint)
        for item in node.stages[1:]:
            self.stage(item)

    def wait(self, node: ast.Expression, hint: str) -> None:
        """The choices of a recipe are made once it has its name, after those of values."""
        if self.recipes is not None:
            self.recipes.append(node)

    def named(self, name: str, node: ast.Expression) -> None:
        """What gets a name: a `let`, a `layer`, an argument of a block."""
        outer, self.recipes = self.recipes, []
        self.value(node, name)
        waiting, self.recipes = self.recipes, None
        for item in waiting:
            self.recipe(item, name)
        self.recipes = outer

    def plain(self, node: ast.Expression, hint: str) -> None:
        """A value that is given no name."""
        outer, self.recipes = self.recipes, None
        self.value(node, hint)
        self.recipes = outer

    def call(self, node: ast.Call, hint: str) -> None:
        if node.body is not None:
            self.wait(node, hint)
            return
        meant = meanings.meaning(node.function, self.home)
        under = self.names.get(id(node)) or hint
        match meant:
            case LayerReference():
                self.layer(meant.layer, node, under or meant.layer.name)
            case FunctionReference():
                self.function(meant, node, node.span, under or meant.function.name)
            case CompileTimeFunction():
                for argument in node.arguments:
                    self.value(argument.value, hint)
            case Combinator(name="some"):
                self.some(node, hint)
            case Combinator(name=name):
                for argument in node.arguments if name == "any" else ():
                    self.value(argument.value, hint)
                self.wait(node, hint)
            case Initialiser():
                self.initialiser(node, hint)

    def layer(self, layer: type[Layer], node: ast.Call, under: str) -> None:
        try:
            matched = matching.matched(layer, Identity(node))  # type: ignore[arg-type]
        except Fault:
            return
        given = matched.given.by_name
        declared = [slot.name for slot in matched.slots if slot.node is not None]
        others = sorted(given.keys() - {*declared, *matched.extra})
        for name in (*declared, *others, *matched.extra):
            self.plain(given[name], f"{under}.{name}")

    def function(
        self, meant: FunctionReference, node: ast.Call | None, span: Span, under: str
    ) -> None:
        """The arguments of a block, and the defaults of those that are left out."""
        function = meant.function
        try:
            given = matching.of_function(function, node, span).by_name
        except Fault:
            return
        for item in function.hyperparameters:
            name = join(under, item.name)
            if item.name in given:
                self.named(name, given[item.name])
            elif item.default is not None and id(function) not in self.open and self.defaults:
                self.defaults -= 1
                with self.within(meant, id(span if node is None else node)):
                    self.named(name, item.default)

    @contextmanager
    def within(self, meant: FunctionReference, use: int) -> Iterator[None]:
        before = self.home, self.uses, self.open
        self.home, self.uses = meant.home, (*self.uses, use)
        self.open = (*self.open, id(meant.function))
        yield
        self.home, self.uses, self.open = before

    def initialiser(self, node: ast.Call, hint: str) -> None:
        name = last_part(node.function)
        try:
            given = matching.match(node, name, initialisers.settings_of(name), node.span)
        except Fault:
            return
        for key, value in given.by_name.items():
            self.plain(value, join(hint, key))

    def some(self, node: ast.Call, hint: str) -> None:
        items, sizes = _parts_of_some(node)
        for part in sizes:
            self.value(part, hint)
        self.add(node, hint or decisions.SUBSET)
        stages = any(meanings.is_stage(item, self.home) for item in items)
        for item in items:
            (self.wait if stages else self.value)(item, hint)

    # --- recipes that get a name

    def recipe(self, node: Any, hint: str) -> None:
        match node:
            case ast.Choice() | ast.Optional():
                self.add(node, hint)
                for item in options_of(node):
                    self.recipe(item, hint)
            case ast.Open():
                self.any_layer(node, lambda layers: self.recipe(layers, hint))
            case ast.Range():
                self.range(node, hint)
            case ast.Call():
                self.called_recipe(node, hint)
            case ast.Node():
                for child in ast.children(node):
                    self.recipe(child, hint)

    def called_recipe(self, node: ast.Call, hint: str) -> None:
        meant = meanings.meaning(node.function, self.home)
        if isinstance(meant, Combinator) and meant.name in ("any", "some"):
            (self.vocabulary if meant.name == "any" else self.subset)(node, hint)
            return
        items = _declared(meant)
        for place, argument in enumerate(node.arguments):
            inner = freezing.named_after(hint, node, place, items)
            read = self.add if isinstance(argument.value, ast.Open) else self.recipe
            read(argument.value, inner)
        if node.body is not None:
            self.recipe(node.body, hint)

    def subset(self, node: ast.Call, hint: str) -> None:
        items, sizes = _parts_of_some(node)
        for part in sizes:
            self.recipe(part, hint)
        self.add(node, hint)
        for item in items:
            self.recipe(item, hint)

    def vocabulary(self, node: ast.Call, hint: str) -> None:
        """The layers of the vocabulary, or of each that may be meant."""
        for argument in node.arguments:
            self.value(argument.value, hint)
            found = list(meanings.vocabularies(argument.value, self.home))
            self.found.either(found, lambda meant: self.layers(node, meant, hint))

    def layers(self, node: ast.Call, meant: VocabularyValue, hint: str) -> None:
        home, self.home = self.home, meant.home
        self.recipe(vocabularies.own_choice(Identity(node), Identity(meant.choice)), hint)
        self.home = home


def _declared(meant: Any) -> Sequence[Hyperparameter]:
    try:
        return freezing.declared(meant)
    except Fault:  # it is told where the block is declared
        return ()


def _parts_of_some(node: ast.Call) -> tuple[Sequence[ast.Expression], Sequence[Any]]:
    """The items, and what says how many are kept."""
    try:
        items, size = vocabularies.parts_of_some(node)
    except Fault:
        return (), ()
    return items, (size.low, size.high) if isinstance(size, ast.Range) else (size,)


_STAGES: Mapping[type, Callable[[Sites, Any], None]] = {
    ast.Choice: Sites.chosen_stage,
    ast.Optional: Sites.chosen_stage,
    ast.Open: Sites.any_layer,
    ast.Labelled: Sites.labelled,
    ast.Pipeline: Sites.chain,
    ast.Fragment: lambda walk, node: walk.body(node.body),
    ast.If: Sites.branches,
    ast.For: lambda walk, node: walk.value(node.iterable, ""),
    ast.Call: Sites.called_stage,
    ast.Name: Sites.name,
    ast.Attribute: Sites.name,
}
_VALUES: Mapping[type, Callable[[Sites, Any, str], None]] = {
    ast.Choice: Sites.chosen,
    ast.Optional: Sites.chosen,
    ast.Range: Sites.range,
    ast.Open: Sites.add,
    ast.Pipeline: Sites.pipeline,
    ast.Fragment: Sites.wait,
    ast.For: Sites.wait,
    ast.Labelled: Sites.wait,
    ast.Call: Sites.call,
    ast.If: Sites.condition,
}
