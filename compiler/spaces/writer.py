"""Writing a drawn program: every choice replaced by what was taken, every block by the version
that it came out as.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...grammar import ast
from ...grammar.span import NOWHERE
from ..expand.alike import draws
from ..expand.decisions import IDENTITY
from ..expand.holding import Identity
from ..expand.naming import last_part
from ..expand.values import FragmentStage, FunctionReference, FunctionStage
from ..expand.vocabularies import built_in
from . import written_choices, written_loops, written_stages
from .foreign import Imports
from .open_network import Expansion
from .settled import below, touched
from .syntax import bare, field_names, literal
from .training import PATH
from .versions import Versions
from .written_lets import WrittenLets
from .written_place import NOWHERE_USED, WrittenPlace

_WRITTEN_OUT = frozenset({"repeat", "share"})
_LEFT_OUT = ast.Name("identity", span=NOWHERE)


@dataclass(slots=True)
class Writer:
    """`scopes` are the paths of the blocks in whose braces the text of a recipe stands."""

    expansion: Expansion
    reference: FunctionReference
    imports: Imports
    versions: Versions = field(init=False)
    _touched: set[int] = field(init=False)
    lets: WrittenLets = field(init=False)
    scopes: dict[int, set[str]] = field(default_factory=dict)
    _recipes: dict[int, list[tuple[str, FragmentStage]]] = field(default_factory=dict)
    _firsts: dict[Hashable, str] = field(default_factory=dict)
    _texts: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.versions = Versions(self.reference, self.imports)
        self.lets = WrittenLets(self)
        self._touched = touched(self.expansion, self.imports.program, self.lets.readers)
        for path, stage in self.expansion.applied.values():
            if isinstance(stage, FragmentStage):
                self._recipes.setdefault(id(stage.expression), []).append((path, stage))
                self._firsts.setdefault(written_stages.known_as(stage), path)
        self.lets.write(self)

    def network(self, overrides: Mapping[str, Any]) -> ast.Function:
        function = self.reference.function
        place = WrittenPlace("")
        hyperparameters = tuple(
            self._default(item, overrides, place) for item in function.hyperparameters
        )
        body = self.write(function.body, place)
        ports = self.lets.ports(function, self)
        return bare(function, body=body, hyperparameters=hyperparameters, **ports)  # type: ignore[no-any-return]

    def _default(
        self, item: ast.Hyperparameter, overrides: Mapping[str, Any], place: WrittenPlace
    ) -> ast.Hyperparameter:
        if item.name in overrides:
            return bare(item, default=literal(overrides[item.name]))  # type: ignore[no-any-return]
        default = None if item.default is None else self.recipe(item.default, place)
        return bare(item, default=default)  # type: ignore[no-any-return]

    # --- what is kept

    def declaration(self, node: ast.Settings | ast.Use | ast.Let) -> Any:
        """A declaration around the network, with its choices settled."""
        return self.write(node, WrittenPlace(PATH if isinstance(node, ast.Settings) else ""))

    # --- writing

    def write(self, node: Any, place: WrittenPlace) -> Any:
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
            case ast.Let() | ast.Instance():
                return self._named(node, place)
            case ast.List():
                return self.recipe(node, place)
            case _:
                return self._other(node, place)

    def _other(self, node: Any, place: WrittenPlace) -> Any:
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

    def _parts(self, node: Any, place: WrittenPlace) -> Any:
        changes = {}
        kind: Any = type(node)
        for name in field_names(kind):
            value = getattr(node, name)
            if isinstance(value, ast.Node):
                changes[name] = self.write(value, place)
            elif isinstance(value, tuple) and any(isinstance(part, ast.Node) for part in value):
                changes[name] = tuple(self.write(part, place) for part in value)
        return bare(node, **changes)

    def _decided(self, node: ast.Expression, place: WrittenPlace) -> Any:
        """What was decided here, None in a branch that was never taken."""
        if id(node) in place.frozen:
            return place.frozen[id(node)]
        decided = self.expansion.decided
        found = decided.get((place.path, id(node)))
        if found is None and place.recipe is not None:
            found = decided.get((place.recipe, id(node)))
        return found

    def _meaning(self, node: ast.Expression, place: WrittenPlace) -> Any:
        """The value that a decision stands for: a position among values says nothing by itself."""
        values = self.expansion.values
        found = values.get((place.path, id(node)))
        return values.get((place.recipe or "", id(node))) if found is None else found

    def _choice(self, node: ast.Choice | ast.Optional, place: WrittenPlace) -> Any:
        taken = self._option(node, place)
        return _LEFT_OUT if taken is IDENTITY else self.write(taken, place)

    def _option(self, node: ast.Choice | ast.Optional, place: WrittenPlace) -> ast.Expression:
        options = node.options if isinstance(node, ast.Choice) else (node.stage, IDENTITY)
        return options[self._decided(node, place) or 0]

    def _range(self, node: ast.Range, place: WrittenPlace) -> Any:
        value = self._decided(node, place)
        if value is None:
            return self.write(node.low, place)
        meaning = self._meaning(node, place)
        return literal(value if meaning is None else meaning)

    def _open(self, node: ast.Open, place: WrittenPlace) -> Any:
        found = self._meaning(node, place)
        if found is not None:
            return literal(found)
        layers = built_in(Identity(node))
        return _LEFT_OUT if self._decided(layers, place) is None else self.write(layers, place)

    def _call(self, node: ast.Call, place: WrittenPlace) -> Any:
        name = last_part(node.function)
        if node.body is not None and name in _WRITTEN_OUT:
            return self._turns(node, name, place)
        if name == "any" and node.body is None and self._meaning(node, place) is not None:
            return written_choices.taken(node, self._meaning(node, place), self, place)
        if name == "some" and node.body is None and self._meaning(node, place) is not None:
            return written_choices.subset(node, self._meaning(node, place), self, place)
        if node.body is not None:
            return self._parts(node, place)
        if draws(node):
            return written_choices.undrawn(node, self, place)
        arguments = tuple(
            bare(item, value=self._argument(node, number, place))
            for number, item in enumerate(node.arguments)
        )
        return self._use(node, arguments, place)

    def _argument(self, node: ast.Call, number: int, place: WrittenPlace) -> Any:
        value = node.arguments[number].value
        if isinstance(value, ast.Open) and self._meaning(value, place) is None:
            return written_choices.undecided(node, number)
        return self.recipe(value, place)

    def _named(self, node: ast.Let | ast.Instance, place: WrittenPlace) -> Any:
        source = node.value if isinstance(node, ast.Let) else node.stage
        value = self.recipe(source, place)
        used = self.expansion.applied.get((place.path, id(source)))
        if used is not None and isinstance(source, (ast.Choice, ast.Optional)):
            value = self._instance(value, *used, place)
        if isinstance(value, ast.Labelled) and not isinstance(source, ast.Labelled):
            value = value.stage  # it has a name already
        changes = {"value" if isinstance(node, ast.Let) else "stage": value}
        return bare(node, **changes)

    def _pipeline(self, node: ast.Pipeline, place: WrittenPlace) -> Any:
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

    def recipe(
        self, value: Any, place: WrittenPlace, among: Collection[Hashable] | None = None
    ) -> Any:
        """A fragment that gets a name: its choices were made here, its blocks used elsewhere, and
        it is written as its first use came out. `among` are the values that may be meant.
        """
        if isinstance(value, ast.List):
            items = tuple(self.recipe(item, place, among) for item in value.items)
            return bare(value, items=items)
        value = self._chosen(value, place)
        used = written_choices.recipe(self._meaning(value, place), value)
        self.scopes.setdefault(id(used), set()).add(place.root)
        for path, stage in self._recipes.get(id(used), ()):
            known = written_stages.known_as(stage)
            if place.holds(path) if among is None else known in among:
                first = self._firsts[known]
                return self.write(value, place.of_recipe(first, place.path, stage.frozen))
        return self.write(value, place)

    def _chosen(self, value: Any, place: WrittenPlace) -> Any:
        """What was taken where a name was given to it, and not to the choice."""
        while isinstance(value, ast.Choice | ast.Optional) and id(value) not in self._recipes:
            taken = self._option(value, place)
            if taken is IDENTITY:
                break
            value = taken
        return value

    def first_text(self, stage: FragmentStage, place: WrittenPlace) -> Any:
        """A fragment as it came out at its first use."""
        key = written_stages.known_as(stage), place.root
        if key not in self._texts:
            self._texts[key] = self._text(stage, self._first(stage), place)
        return self._texts[key]

    def _first(self, stage: FragmentStage) -> str:
        return self._firsts.get(written_stages.known_as(stage), NOWHERE_USED.path)

    def _text(self, stage: FragmentStage, path: str, place: WrittenPlace) -> Any:
        return self.write(stage.expression, place.of_recipe(path, None, stage.frozen))

    def _fragment(self, plain: Any, path: str, stage: FragmentStage, place: WrittenPlace) -> Any:
        """A fragment by its name, or written out where it came out as another than at first."""
        if written_stages.is_elsewhere(stage, self):  # a name of another file stays as it is
            first = bare(stage.expression)
        elif self._first(stage) == path:
            return plain
        else:
            first = self.first_text(stage, place)
        written = self._text(stage, path, place)
        if written == first:
            return plain
        written = written_stages.moved(written, stage, self, place)
        return written_stages.labelled(path, written_stages.in_braces(written))

    def _instance(self, value: Any, path: str, stage: Any, place: WrittenPlace) -> Any:
        """What was chosen for a `layer`, which decides what is open in it at its first use."""
        if isinstance(stage, FragmentStage):
            return self._text(stage, path, place)
        return self.versions.used(value, value, (path, stage), self, place)

    # --- repeats

    def _turns(self, node: ast.Call, name: str, place: WrittenPlace) -> Any:
        used = self.expansion.applied.get((place.path, id(node)))
        count = tuple(bare(item, value=self.write(item.value, place)) for item in node.arguments)
        if used is None or used[1] == 0 or name == "share":
            inner = place.at(f"{used[0]}.0") if used else place
            return bare(node, arguments=count, body=self.write(node.body, inner))
        path, turns = used
        bodies = [self.write(node.body, place.at(f"{path}.{n}")) for n in range(turns)]
        if all(body == bodies[0] for body in bodies):
            return bare(node, arguments=count, body=bodies[0])
        label = path.rpartition(".")[2]
        stages = [self._turn(label, n, body) for n, body in enumerate(bodies)]
        return ast.Pipeline(tuple(stages), span=NOWHERE)

    def _turn(self, label: str, number: int, body: ast.Body) -> ast.Labelled:
        fragment = ast.Fragment(body, span=NOWHERE)
        return ast.Labelled(f"{label}_{number}", fragment, span=NOWHERE)

    def turns(self, node: ast.Expression, place: WrittenPlace) -> tuple[str, list[WrittenPlace]]:
        """The path of a loop's turns and the place of each; none where it was never reached."""
        used = self.expansion.applied.get((place.path, id(node)))
        if used is None:
            return "", []
        path, count = used
        return path, [place.at(f"{path}.{number}") for number in range(count)]

    def _for(self, node: ast.For, place: WrittenPlace) -> Any:
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

    def _labelled(self, node: ast.Labelled, place: WrittenPlace) -> Any:
        """A label on a repeat names its turns; on other braces it opens a path."""
        stage = node.stage
        if isinstance(stage, ast.Call) and last_part(stage.function) in _WRITTEN_OUT:
            written = self._turns(stage, last_part(stage.function), place)
            return written if isinstance(written, ast.Pipeline) else bare(node, stage=written)
        if not isinstance(stage, (ast.Fragment, ast.If)) and not _has_body(stage):
            inner = self.write(stage, place)
            if isinstance(inner, ast.Labelled) and inner.label == node.label:
                return inner
            return bare(node, stage=inner)
        inner = place.at(_join(place.path, node.label))
        written = self._parts(stage, inner) if _has_body(stage) else self.write(stage, inner)
        return bare(node, stage=written)

    # --- blocks

    def _use(self, node: Any, arguments: tuple[ast.Argument, ...], place: WrittenPlace) -> Any:
        """A block, under the name of the version that it came out as."""
        if isinstance(node, ast.Index):
            plain = self._parts(node, place)
        elif isinstance(node, ast.Call):
            plain = bare(node, function=self.lets.name(node.function), arguments=arguments)
        else:
            plain = self.lets.name(node)
        used = self.expansion.applied.get((place.path, id(node)))
        if used is not None and isinstance(used[1], FragmentStage):
            return self._fragment(plain, *used, place)
        if used is None or not isinstance(used[1], FunctionStage):
            return self.versions.given(plain, self._meaning(node, place), self)
        return self.versions.used(node, plain, used, self, place)


def _has_body(stage: ast.Expression) -> bool:
    return isinstance(stage, ast.Call) and stage.body is not None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
