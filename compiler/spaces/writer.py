"""Writing a drawn program: every choice replaced by what was taken, every block by the version
that it came out as.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...grammar import ast
from ...grammar.print import print_expression
from ...grammar.span import NOWHERE
from ..expand.decisions import IDENTITY
from ..expand.holding import Identity
from ..expand.naming import last_part
from ..expand.values import FragmentStage, FunctionReference, FunctionStage
from ..expand.vocabularies import built_in
from . import written_choices, written_defaults, written_loops
from .expansion import Expansion
from .foreign import Imports
from .settled import below, touched
from .syntax import NotPrintable, bare, field_names, literal
from .training import PATH

_WRITTEN_OUT = frozenset({"repeat", "share"})


_AS_IT_IS = "as it is"
_LEFT_OUT = ast.Name("identity", span=NOWHERE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of text is being expanded: the path of decisions and of uses, and that of a
    recipe whose choices were made with its name.
    """

    path: str
    recipe: str | None = None


@dataclass(slots=True)
class Writer:
    expansion: Expansion
    reference: FunctionReference
    imports: Imports
    _made: dict[int, dict[str, ast.Function]] = field(default_factory=dict)
    _declared: dict[int, FunctionReference] = field(default_factory=dict)
    _names_taken: set[str] = field(default_factory=set)
    names_made: set[str] = field(default_factory=set)
    _touched: set[int] = field(init=False)
    _recipes: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._touched = touched(self.expansion)
        for path, stage in self.expansion.applied.values():
            if isinstance(stage, FragmentStage):
                self._recipes.setdefault(id(stage.expression), []).append(path)

    def network(self, overrides: Mapping[str, Any]) -> ast.Function:
        function = self.reference.function
        self._names_taken |= self.reference.home.names()
        place = Place("")
        hyperparameters = tuple(
            self._default(item, overrides, place) for item in function.hyperparameters
        )
        body = self.write(function.body, place)
        return bare(function, body=body, hyperparameters=hyperparameters)  # type: ignore[no-any-return]

    def _default(
        self, item: ast.Hyperparameter, overrides: Mapping[str, Any], place: Place
    ) -> ast.Hyperparameter:
        if item.name in overrides:
            return bare(item, default=literal(overrides[item.name]))  # type: ignore[no-any-return]
        default = None if item.default is None else self._recipe(item.default, place)
        return bare(item, default=default)  # type: ignore[no-any-return]

    # --- what is kept

    def declaration(self, node: ast.Settings | ast.Use | ast.Let) -> Any:
        """A declaration around the network, with its choices settled."""
        return self.write(node, Place(PATH if isinstance(node, ast.Settings) else ""))

    def versions(self, function: ast.Function) -> list[ast.Function]:
        """A block as the program uses it: as it is, or as it came out at its uses."""
        made = list(self._made.get(id(function), {}).values())
        return made or [bare(function)]

    def foreign(self) -> list[ast.Function]:
        """Blocks of other files that came out differently: they are written into this one."""
        home = self.reference.home
        found = [
            (version, self._declared[key].home)
            for key, versions in self._made.items()
            for text, version in versions.items()
            if self._declared[key].home is not home and text != _AS_IT_IS
        ]
        return [self.imports.qualified(version, of, self.names_made) for version, of in found]

    # --- writing

    def write(self, node: Any, place: Place) -> Any:
        """A node with its choices settled."""
        known = below(node)
        if known is not None and known.isdisjoint(self._touched):
            return bare(node)
        match node:
            case ast.Choice() | ast.Optional():
                return self._choice(node, place)
            case ast.Range():
                return self._range(node, place)
            case ast.Open():
                return self._open(node, place)
            case ast.Body():
                return bare(node, statements=written_loops.statements(node, self, place))
            case ast.Let():
                return bare(node, value=self._recipe(node.value, place))
            case _:
                return self._other(node, place)

    def _other(self, node: Any, place: Place) -> Any:
        match node:
            case ast.Labelled():
                return self._labelled(node, place)
            case ast.Pipeline():
                return self._pipeline(node, place)
            case ast.For():
                return self._for(node, place)
            case ast.Call():
                return self._call(node, place)
            case ast.Name() | ast.Attribute() | ast.Index():
                return self._use(node, (), place)
            case _:
                return self._parts(node, place)

    def _parts(self, node: Any, place: Place) -> Any:
        changes = {}
        kind: Any = type(node)
        for name in field_names(kind):
            value = getattr(node, name)
            if isinstance(value, ast.Node):
                changes[name] = self.write(value, place)
            elif isinstance(value, tuple) and any(isinstance(part, ast.Node) for part in value):
                changes[name] = tuple(self.write(part, place) for part in value)
        return bare(node, **changes)

    def _decided(self, node: ast.Expression, place: Place) -> Any:
        """What was decided here, None in a branch that was never taken."""
        decided = self.expansion.decided
        found = decided.get((place.path, id(node)))
        if found is None and place.recipe is not None:
            found = decided.get((place.recipe, id(node)))
        return found

    def _meaning(self, node: ast.Expression, place: Place) -> Any:
        """The value that a decision stands for: a position among values says nothing by itself."""
        values = self.expansion.values
        found = values.get((place.path, id(node)))
        return values.get((place.recipe or "", id(node))) if found is None else found

    def _choice(self, node: ast.Choice | ast.Optional, place: Place) -> Any:
        options = node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY)
        taken = options[self._decided(node, place) or 0]
        if taken is IDENTITY:
            return _LEFT_OUT
        return self.write(taken, place)

    def _range(self, node: ast.Range, place: Place) -> Any:
        value = self._decided(node, place)
        if value is None:
            return self.write(node.low, place)
        meaning = self._meaning(node, place)
        return literal(value if meaning is None else meaning)

    def _open(self, node: ast.Open, place: Place) -> Any:
        found = self._meaning(node, place)
        if found is not None:
            return literal(found)
        layers = built_in(Identity(node))
        return self.write(layers, place)

    def _call(self, node: ast.Call, place: Place) -> Any:
        name = last_part(node.function)
        if node.body is not None and name in _WRITTEN_OUT:
            return self._turns(node, name, place)
        if name == "any" and node.body is None and self._meaning(node, place) is not None:
            return written_choices.taken(node, self._meaning(node, place), self, place)
        if name == "some" and node.body is None and self._meaning(node, place) is not None:
            return written_choices.subset(node, self._meaning(node, place), self, place)
        if node.body is not None:
            return self._parts(node, place)
        arguments = tuple(
            bare(item, value=self._recipe(item.value, place)) for item in node.arguments
        )
        return self._use(node, arguments, place)

    def _pipeline(self, node: ast.Pipeline, place: Place) -> Any:
        """Stages that were chosen join the line; one that was left out leaves no trace."""
        stages: list[Any] = []
        for number, stage in enumerate(node.stages):
            written = self.write(stage, place)
            left_out = isinstance(stage, (ast.Choice, ast.Optional)) and written == _LEFT_OUT
            if isinstance(written, ast.Pipeline):
                stages += written.stages
            elif not (left_out and (number or len(node.stages) > 2)):
                stages.append(written)
        if not stages:
            return _LEFT_OUT
        return stages[0] if len(stages) == 1 else bare(node, stages=tuple(stages))

    def _recipe(self, value: Any, place: Place) -> Any:
        """A fragment that gets a name: its choices were made here, its blocks used elsewhere."""
        if isinstance(value, ast.List):
            return bare(value, items=tuple(self._recipe(item, place) for item in value.items))
        used = written_choices.recipe(self._meaning(value, place), value)
        uses = self._recipes.get(id(used), ())
        if not uses:
            return self.write(value, place)
        written = [self.write(value, Place(path, place.path)) for path in uses]
        if any(item != written[0] for item in written[1:]):
            raise NotPrintable(
                f"the blocks in `{print_expression(value)}` came out differently at its uses, which"
                " one name cannot say: write it out at each use, or hand the block its choices"
            )
        return written[0]

    # --- repeats

    def _turns(self, node: ast.Call, name: str, place: Place) -> Any:
        used = self.expansion.applied.get((place.path, id(node)))
        count = tuple(bare(item, value=self.write(item.value, place)) for item in node.arguments)
        if used is None or used[1] == 0 or name == "share":
            inner = Place(f"{used[0]}.0", place.recipe) if used else place
            return bare(node, arguments=count, body=self.write(node.body, inner))
        path, turns = used
        bodies = [self.write(node.body, Place(f"{path}.{n}", place.recipe)) for n in range(turns)]
        if all(body == bodies[0] for body in bodies):
            return bare(node, arguments=count, body=bodies[0])
        label = path.rpartition(".")[2]
        stages = [self._turn(label, n, body) for n, body in enumerate(bodies)]
        return ast.Pipeline(tuple(stages), span=NOWHERE)

    def _turn(self, label: str, number: int, body: ast.Body) -> ast.Labelled:
        fragment = ast.Fragment(body, span=NOWHERE)
        return ast.Labelled(f"{label}_{number}", fragment, span=NOWHERE)

    def turns(self, node: ast.Expression, place: Place) -> tuple[str, list[Place]]:
        """The path of a loop's turns and the place of each; none where it was never reached."""
        used = self.expansion.applied.get((place.path, id(node)))
        if used is None:
            return "", []
        path, count = used
        return path, [Place(f"{path}.{number}", place.recipe) for number in range(count)]

    def _for(self, node: ast.For, place: Place) -> Any:
        items = self.write(node.iterable, place)
        _, places = self.turns(node, place)
        bodies = [self.write(node.body, inner) for inner in places]
        if not bodies:
            return bare(node, iterable=items, body=self.write(node.body, place))
        if all(body == bodies[0] for body in bodies):
            return bare(node, iterable=items, body=bodies[0])
        loops = [
            bare(node, iterable=written_loops.only(items, n), body=body)
            for n, body in enumerate(bodies)
        ]
        return ast.Pipeline(tuple(loops), span=NOWHERE)

    def _labelled(self, node: ast.Labelled, place: Place) -> Any:
        """A label on a repeat names its turns; on other braces it opens a path."""
        stage = node.stage
        if isinstance(stage, ast.Call) and last_part(stage.function) in _WRITTEN_OUT:
            written = self._turns(stage, last_part(stage.function), place)
            return written if isinstance(written, ast.Pipeline) else bare(node, stage=written)
        if not isinstance(stage, (ast.Fragment, ast.If)) and not _has_body(stage):
            return self._parts(node, place)
        inner = Place(_join(place.path, node.label), place.recipe)
        written = self._parts(stage, inner) if _has_body(stage) else self.write(stage, inner)
        return bare(node, stage=written)

    # --- blocks

    def _use(self, node: Any, arguments: tuple[ast.Argument, ...], place: Place) -> Any:
        """A block, under the name of the version that it came out as."""
        if isinstance(node, ast.Index):
            plain = self._parts(node, place)
        else:
            plain = bare(node, arguments=arguments) if isinstance(node, ast.Call) else bare(node)
        used = self.expansion.applied.get((place.path, id(node)))
        if used is None or not isinstance(used[1], FunctionStage):
            return plain
        path, stage = used
        scan = isinstance(node, ast.Call) and last_part(node.function) == "scan"
        written = node.arguments[0].value if scan else node
        version = self._version(stage, path, place.recipe)
        function = stage.reference.function
        if version == function.name and stage.reference.home is self.reference.home:
            return plain
        if version is None:
            return plain
        named = last_part(written.function if isinstance(written, ast.Call) else written)
        if named != function.name:
            return self._spelled(path, version, stage)
        if scan:
            cell = _renamed(plain.arguments[0].value, version)
            first = bare(plain.arguments[0], value=cell)
            return bare(plain, arguments=(first, *plain.arguments[1:]))
        return _renamed(plain, version)

    def _version(self, stage: FunctionStage, path: str, recipe: str | None) -> str | None:
        """The name of the version of a block that came out at a path; None for the block itself."""
        reference = stage.reference
        function = reference.function
        body = self.write(function.body, Place(path))
        decided = Place(stage.decided_at, recipe)
        defaults = tuple(
            written_defaults.as_used(item, stage, lambda default: self._recipe(default, decided))
            for item in function.hyperparameters
        )
        written = bare(function, body=body, hyperparameters=defaults)
        versions = self._made.setdefault(id(function), {})
        self._declared[id(function)] = reference
        others = (item.name for text, item in versions.items() if text != _AS_IT_IS)
        if written == bare(function) and function.name not in others:
            versions[_AS_IT_IS] = bare(function)
            return None
        text = repr(written)
        if text not in versions:
            foreign = reference.home is not self.reference.home
            self._names_taken |= reference.home.names() if foreign else set()
            name = self._fresh(function.name, foreign or bool(versions))
            self.names_made.add(name)
            versions[text] = replace(written, name=name)
        return versions[text].name

    def _fresh(self, base: str, again: bool) -> str:
        """A name for a version: not `Node_2`, which is what a second use of `Node` is called."""
        if not again:
            return base
        stem, count = (f"{base}v" if base[-1].isdigit() else base), 2
        while f"{stem}{count}" in self._names_taken:
            count += 1
        self._names_taken.add(f"{stem}{count}")
        return f"{stem}{count}"

    def _spelled(self, path: str, version: str, stage: FunctionStage) -> Any:
        """A block that is reached by another name, such as a hyperparameter: called by its own,
        and labelled so that its path stays.
        """
        values = [
            ast.Argument(name, written_defaults.spelled(value), span=NOWHERE)
            for name, value in stage.values.items()
            if name in stage.given
        ]
        call = ast.Call(ast.Name(version, span=NOWHERE), tuple(values), span=NOWHERE)
        return ast.Labelled(path.rpartition(".")[2], call, span=NOWHERE)


def _has_body(stage: ast.Expression) -> bool:
    return isinstance(stage, ast.Call) and stage.body is not None


def _renamed(node: Any, name: str) -> Any:
    function = ast.Name(name, span=NOWHERE)
    return bare(node, function=function) if isinstance(node, ast.Call) else function


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
